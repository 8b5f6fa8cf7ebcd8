using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Partner.Sending.Deduplication;
using Partner.Sending.Otlp;
using Partner.Sending.Outbox;
using Partner.Sending.Series;
using Partner.Sending.Upstream;
using Partner.Sending.Waiting;

namespace Partner.Sending.Accept;

/// <summary>Answers like Datadog's intake, except that the success means: committed here, and safe.</summary>
internal sealed partial class Intake(
    Sender sender,
    BodyReader bodies,
    GroupCommitter committer,
    IdempotentIntake idempotency,
    SeriesIntake series,
    Destinations destinations,
    DeliveryWaits waits,
    Instance instance,
    SendingMetrics metrics,
    TimeProvider time,
    IOptions<OutboxOptions> options,
    ILogger<Intake> logger
)
{
    // A longer answer repeats what was sent, and is not kept for a day: it is made again.
    private const int MaxKeptAnswer = 64;

    public async Task AcceptAsync(HttpContext context, IntakePath path)
    {
        var caller = context.Caller();
        if (!ConnectionId.TryParse(caller.Claims.Connection, null, out var connection))
        {
            await IntakeErrors.WriteAsync(
                context,
                path.Errors,
                new BodyRejection(StatusCodes.Status403Forbidden, "Forbidden")
            );
            return;
        }

        // So much of a refused body is read, and no more.
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize =
            4L * (path.MaxRequestBytes ?? sender.Limits.MaxRequestBytes);
        if (path.IsPublic)
        {
            context.Request.Headers.Remove(IdempotencyKey.HeaderName);
        }

        using var wait = path.IsPublic ? null : waits.TryBegin(context.Request);
        var (refusal, parsed) = await AcceptAsync(
            context,
            path,
            connection,
            caller.Claims.Strict || path.IsPublic,
            wait
        );
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
        var type = parsed?.AnswerType ?? "application/json";
        context.Response.ContentType = type.Length == 0 ? null : type;
        var success = OtlpAnswer.BytesOf(parsed?.Answer ?? path.Answer, type);
        context.Response.ContentLength = success.Length;
        await context.Response.Body.WriteAsync(success, context.RequestAborted);
    }

    private async Task<(BodyRejection? Refusal, ParsedBody? Parsed)> AcceptAsync(
        HttpContext context,
        IntakePath path,
        ConnectionId connection,
        bool strict,
        DeliveryWait? wait
    )
    {
        if (
            sender.NeedsSink
            && await destinations.FindUnsupportedAsync(connection, context.RequestAborted) is { } unsupported
        )
        {
            await bodies.DrainAsync(context.Request, context.RequestAborted);
            return (new BodyRejection(StatusCodes.Status403Forbidden, unsupported), null);
        }

        var limit = path.MaxRequestBytes ?? sender.Limits.MaxRequestBytes;
        // A repetition brings nothing new, so it needs no room.
        if (
            !context.Request.Headers.ContainsKey(IdempotencyKey.HeaderName)
            && committer.Refuse(connection, path.IsPublic) is { } full
        )
        {
            await bodies.DrainAsync(context.Request, context.RequestAborted);
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
            return (
                new BodyRejection(
                    exception.StatusCode,
                    exception.StatusCode == StatusCodes.Status413PayloadTooLarge
                        ? $"The payload exceeds {limit} bytes."
                        : "The request body could not be read."
                ),
                null
            );
        }

        using (body)
        {
            using var memory = bodies.NewCharge();
            IntakeBody BodyAsOf(DateTimeOffset now) =>
                new(body.Bytes, context.Request.ContentType, context.Request.Query, path)
                {
                    Now = now,
                    Memory = memory,
                    Epoch = instance.Epoch,
                    MaxItemBytes = options.Value.MaxQueuedBytes,
                };

            var (outcome, parsed) = await idempotency.OnceAsync(
                context,
                connection,
                path,
                body.Bytes,
                then => Parse(BodyAsOf(then), connection).Answer,
                async key =>
                {
                    var request = BodyAsOf(time.GetUtcNow());
                    // A key says itself what a repetition is.
                    DeduplicationId? id =
                        key is null && sender.DeduplicatesRequests
                            ? DeduplicationId.Of(connection, path.Path, context.Request, body.Bytes)
                            : null;
                    return await series.AcceptAsync(
                        connection,
                        request,
                        read => Parse(read, connection),
                        async (parsed, points) =>
                            (parsed.Refusal ?? (points?.HasChanges == true ? null : ItemDivision.NothingIn(parsed)))
                                is { } refused
                                ? await RefuseAsync(connection, refused, key)
                                : await AppendAsync(connection, request, parsed, points, strict, (key, id), wait),
                        context.RequestAborted
                    );
                }
            );
            if (outcome != BodyRejection.Repeated)
            {
                return (outcome, parsed);
            }

            metrics.Deduplicated();
            context.Response.Headers[IdempotencyKey.ReplayedHeaderName] = "true";
            return (null, parsed);
        }
    }

    // A body that makes a parser fail would do so again: the failure is told once, and to those who can mend the
    // parser.
    private ParsedBody Parse(IntakeBody body, ConnectionId connection)
    {
        try
        {
            return sender.Parse(body);
        }
        catch (Exception exception)
        {
            metrics.Unreadable();
            Log.Unreadable(
                logger,
                exception.GetType().Name,
                exception.StackTrace,
                connection,
                body.Path.Path,
                body.Bytes.Length
            );
            return ParsedBody.Refused(
                StatusCodes.Status500InternalServerError,
                "This body cannot be read here; that is a defect, and is reported."
            );
        }
    }

    private async Task<BodyRejection?> AppendAsync(
        ConnectionId connection,
        IntakeBody body,
        ParsedBody parsed,
        SeriesPoints? points,
        bool strict,
        (IdempotencyFingerprint? Key, DeduplicationId? Id) once,
        DeliveryWait? wait
    )
    {
        var (good, dead) = ItemDivision.Divide(sender, connection, parsed, time.GetUtcNow());
        if (strict && dead.Count > 0)
        {
            var total = parsed.Parts.Sum(part => part.Items.Count + part.Dead.Sum(d => d.Items));
            return await RefuseAsync(
                connection,
                new BodyRejection(
                    StatusCodes.Status400BadRequest,
                    $"{dead.Sum(d => d.Items)} of {total} items are {ItemDivision.Words(dead)}."
                ),
                once.Key
            );
        }

        if (
            good.Parts.All(part => part.Items.Count == 0)
            && dead.Count == 0
            && once.Key is null
            && points?.HasChanges != true
        )
        {
            metrics.LeftOut(parsed.LeftOut);
            return null;
        }

        var submission = new Submission(connection, good, dead, Submission.CurrentTraceParent())
        {
            Kept = once.Key?.Answered(
                body.Path.SuccessStatus,
                parsed.AnswerType,
                parsed.Answer ?? body.Path.Answer,
                parsed.Answer?.Length > MaxKeptAnswer ? body.Now : null
            ),
            Deduplication = once.Id,
            Wait = wait,
            Series = points?.HasChanges == true ? points : null,
        };
        var result = await committer.AppendAsync(submission);
        if (result == AppendResult.Committed)
        {
            metrics.LeftOut(parsed.LeftOut);
            metrics.Oversized(good.Parts.Sum(part => part.Items.Count(item => item.Length > Segment.MaxBytes)));
            wait?.Refused(dead);
        }

        return Refused(result);
    }

    // A mistake in a request stays one, so its key keeps that refusal too; a lack of room does not stay.
    private async Task<BodyRejection?> RefuseAsync(
        ConnectionId connection,
        BodyRejection refusal,
        IdempotencyFingerprint? key
    ) =>
        key is null || refusal.Status >= StatusCodes.Status500InternalServerError
            ? refusal
            : Refused(
                await committer.AppendAsync(
                    new Submission(connection, ParsedBody.Refused(refusal.Status, refusal.Detail), [], null)
                    {
                        Kept = key.Answered(refusal.Status, "", refusal.Detail),
                    }
                )
            ) ?? refusal;

    private BodyRejection? Refused(AppendResult result) => AppendRefusals.Of(result, options.Value.MaxQueuedBytes);

    private static partial class Log
    {
        // The stack says where; a message might quote the body.
        [LoggerMessage(
            LogLevel.Error,
            "A body could not be read ({Exception} at {Stack}); {Connection} sent {Bytes} bytes to {Path} and is answered 500"
        )]
        public static partial void Unreadable(
            ILogger logger,
            string exception,
            string? stack,
            ConnectionId connection,
            string path,
            int bytes
        );
    }
}
