using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Partner.Contracts;
using Partner.Sending.Outbox;
using Partner.Sending.Upstream;
using Partner.Sending.Waiting;
using Partner.ServiceDefaults;

namespace Partner.Sending.Accept;

/// <summary>Answers like Datadog's intake, except that the success means: committed here, and safe.</summary>
internal sealed class Intake(
    Sender sender, BodyReader bodies, GroupCommitter committer, IdempotentIntake idempotency, Destinations destinations,
    DeliveryWaits waits, SendingMetrics metrics, TimeProvider time)
{
    // A backlog does not go in a moment.
    private const int FullSeconds = 30;

    public async Task AcceptAsync(HttpContext context, IntakePath path)
    {
        var caller = context.Caller();
        if (!ConnectionId.TryParse(caller.Claims.Connection, null, out var connection))
        {
            await IntakeErrors.WriteAsync(context, path.Errors, new Refusal(StatusCodes.Status403Forbidden, "Forbidden"));
            return;
        }

        using var wait = waits.TryBegin(context.Request);
        var (refusal, parsed) = await AcceptAsync(context, path, connection, caller.Claims.Strict, wait);
        if (refusal is not null)
        {
            await IntakeErrors.WriteAsync(context, path.Errors, refusal);
            return;
        }

        var status = path.SuccessStatus;
        // Of what an earlier request brought (Idempotency-Key) nothing is known here.
        if (wait is { Verdict.Items: > 0 })
        {
            var verdict = await waits.WaitAsync(wait, context.RequestAborted);
            if (await DeliveryAnswer.WriteAsync(context, path.Errors, verdict))
            {
                return;
            }

            status = verdict.IsPending ? StatusCodes.Status202Accepted : status;
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = parsed?.AnswerType ?? "application/json";
        var success = Encoding.UTF8.GetBytes(parsed?.Answer ?? path.Answer);
        context.Response.ContentLength = success.Length;
        await context.Response.Body.WriteAsync(success, context.RequestAborted);
    }

    private async Task<(Refusal? Refusal, ParsedBody? Parsed)> AcceptAsync(
        HttpContext context, IntakePath path, ConnectionId connection, bool strict, DeliveryWait? wait)
    {
        if (sender.NeedsSink && await destinations.FindUnsupportedAsync(connection, context.RequestAborted) is { } unsupported)
        {
            return (new Refusal(StatusCodes.Status403Forbidden, unsupported), null);
        }

        var limit = path.MaxRequestBytes ?? sender.Limits.MaxRequestBytes;
        // The server reads what is left of a refused body, so that its sender gets to see the refusal; up to here.
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = 4L * limit;
        // A repetition brings nothing new, so it needs no room.
        if (!context.Request.Headers.ContainsKey(IdempotencyKey.HeaderName) && committer.Refuse(connection) is { } full)
        {
            return (Refused(full), null);
        }

        PooledBody? body;
        try
        {
            (body, var refusal) = await bodies.ReadAsync(context.Request, limit, context.RequestAborted);
            if (body is null)
            {
                return (refusal, null);
            }
        }
        catch (BadHttpRequestException exception)
        {
            return (new Refusal(exception.StatusCode, exception.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? $"The payload exceeds {limit} bytes."
                : "The request body could not be read."), null);
        }

        using (body)
        {
            using var memory = bodies.NewCharge();
            return await idempotency.OnceAsync(context, connection, path, body.Bytes, async key =>
            {
                var parsed = sender.Parse(new IntakeBody(body.Bytes, context.Request.ContentType, context.Request.Query, path)
                {
                    Now = time.GetUtcNow(),
                    Memory = memory,
                });
                var refusal = parsed.Refusal is { } refused
                    ? await RefuseAsync(connection, refused, key)
                    : await AppendAsync(connection, path, parsed, strict, key, wait);
                return (refusal, parsed);
            });
        }
    }

    private async Task<Refusal?> AppendAsync(
        ConnectionId connection, IntakePath path, ParsedBody parsed, bool strict, IdempotentRequest? key, DeliveryWait? wait)
    {
        var (good, expired) = Divide(connection, parsed);
        var dead = parsed.Dead
            .Select(d => new DeadLetter(connection, d.Reason, d.Detail, parsed.Variant, d.At, d.Bytes))
            .Concat(expired)
            .ToList();
        if (strict && dead.Count > 0)
        {
            var total = parsed.Items.Count + parsed.Dead.Count;
            var words = dead.All(d => d.Reason == "expired") ? "older than Datadog takes"
                : dead.All(d => d.Reason is "expired" or "future") ? "older or newer than Datadog takes"
                : "too long, older or newer than Datadog takes";
            return await RefuseAsync(
                connection, new Refusal(StatusCodes.Status400BadRequest, $"{dead.Count} of {total} items are {words}."), key);
        }

        metrics.LeftOut(parsed.LeftOut);
        metrics.Oversized(good.Count(item => item.Length > Segment.MaxBytes));
        if (good.Count + dead.Count == 0 && key is null)
        {
            return null;
        }

        wait?.Refused(dead);
        var submission = new Submission(
            connection, parsed with { Items = good }, dead, Submission.CurrentTraceParent())
        {
            Kept = key?.Answered(path.SuccessStatus, parsed.AnswerType, parsed.Answer ?? path.Answer),
            Wait = wait,
        };
        return Refused(await committer.AppendAsync(submission));
    }

    // What is wrong with a request stays wrong, so its key keeps that too; a want of room does not.
    private async Task<Refusal?> RefuseAsync(ConnectionId connection, Refusal refusal, IdempotentRequest? key) =>
        key is null || refusal.Status >= StatusCodes.Status500InternalServerError
        ? refusal
        : Refused(await committer.AppendAsync(new Submission(connection, ParsedBody.Refused(refusal.Status, refusal.Detail), [], null)
        {
            Kept = key.Answered(refusal.Status, "", refusal.Detail),
        })) ?? refusal;

    private static Refusal? Refused(AppendResult result) => result switch
    {
        AppendResult.Committed => null,
        AppendResult.KeyTaken => Refusal.KeyTaken,
        AppendResult.ConnectionFull => new Refusal(
            StatusCodes.Status429TooManyRequests, "Too much of this connection is undelivered; try again later.") { RetryAfter = FullSeconds },
        AppendResult.OutboxFull => new Refusal(
            StatusCodes.Status503ServiceUnavailable, "Too much is undelivered; try again later.") { RetryAfter = FullSeconds },
        _ => Refusal.Unavailable,
    };

    private (IReadOnlyList<Item> Good, IReadOnlyList<DeadLetter> Expired) Divide(
        ConnectionId connection, ParsedBody parsed)
    {
        if ((time.GetUtcNow() - sender.Window)?.ToUnixTimeMilliseconds() is not { } oldest
            || parsed.Items.All(item => item.At == 0 || item.At >= oldest))
        {
            return (parsed.Items, []);
        }

        var old = parsed.Items.Where(item => item.At != 0 && item.At < oldest);
        return (
            [.. parsed.Items.Where(item => item.At == 0 || item.At >= oldest)],
            [.. old.Select(item => new DeadLetter(
                connection, "expired", $"Older than Datadog takes: its time is {ItemTime.Describe(item.At)}.",
                parsed.Variant, item.At, parsed.Bytes.Slice(item.Offset, item.Length).ToArray()))]);
    }
}

internal static class IntakeApi
{
    public static IEndpointRouteBuilder MapIntake(this IEndpointRouteBuilder routes)
    {
        var sender = (Sender)routes.ServiceProvider.GetService(typeof(Sender))!;
        var intake = (Intake)routes.ServiceProvider.GetService(typeof(Intake))!;
        var group = routes.MapGroup("").RequireCaller("append");
        foreach (var path in sender.Paths)
        {
            group.MapMethods(path.Path, path.Methods, context => intake.AcceptAsync(context, path));
        }

        return routes;
    }
}
