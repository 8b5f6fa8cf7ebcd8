using System.Collections.Concurrent;
using Npgsql;
using Partner.Sending.Outbox;

namespace Partner.Sending.Accept;

/// <summary>
/// The same <c>Idempotency-Key</c> of a connection on a path gets the same answer for 24 hours, and what it brought is
/// stored once. Its row is in the commit of the segments, so that there are both or neither, and the row's primary key
/// lets one such commit pass, on any instance.
/// </summary>
internal sealed class IdempotentIntake(IdempotencyStore store)
{
    // Of this instance, so that a repetition at once waits for its answer and not for a conflict in the database.
    private readonly ConcurrentDictionary<(string, string, string), TaskCompletionSource> _underWay = [];

    /// <param name="remake">The answer to this request, as it was then.</param>
    /// <param name="accept">Without a key it is all there is to do.</param>
    public async Task<(BodyRejection? Refusal, ParsedBody? Parsed)> OnceAsync(
        HttpContext context,
        ConnectionId connection,
        IntakePath path,
        ReadOnlyMemory<byte> body,
        Func<DateTimeOffset, string?> remake,
        Func<IdempotencyFingerprint?, Task<(BodyRejection? Refusal, ParsedBody? Parsed)>> accept
    )
    {
        var key = context.Request.Headers[IdempotencyKey.HeaderName];
        if (key.Count == 0)
        {
            return await accept(null);
        }

        if (!IdempotencyKey.IsValid(key))
        {
            return (new BodyRejection(StatusCodes.Status400BadRequest, IdempotencyKey.Rule), null);
        }

        try
        {
            return await OnceAsync(
                context,
                IdempotencyFingerprint.Of(context.Request, connection, path.Path, body),
                path,
                remake,
                accept
            );
        }
        catch (NpgsqlException)
        {
            return (BodyRejection.Unavailable, null);
        }
    }

    private async Task<(BodyRejection? Refusal, ParsedBody? Parsed)> OnceAsync(
        HttpContext context,
        IdempotencyFingerprint request,
        IntakePath path,
        Func<DateTimeOffset, string?> remake,
        Func<IdempotencyFingerprint?, Task<(BodyRejection? Refusal, ParsedBody? Parsed)>> accept
    )
    {
        while (true)
        {
            if (await store.FindAsync(request, context.RequestAborted) is { } kept)
            {
                return Repeat(
                    context,
                    request,
                    path,
                    kept.AsOf is { } then ? kept with { Answer = remake(then) ?? path.Answer } : kept
                );
            }

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var first = _underWay.GetOrAdd(request.Id, turn);
            if (first != turn)
            {
                await first.Task.WaitAsync(context.RequestAborted);
                continue;
            }

            try
            {
                var answer = await accept(request);
                if (answer.Refusal != BodyRejection.KeyTaken)
                {
                    return answer;
                }
            }
            finally
            {
                _underWay.TryRemove(request.Id, out _);
                turn.SetResult();
            }
        }
    }

    private static (BodyRejection? Refusal, ParsedBody? Parsed) Repeat(
        HttpContext context,
        IdempotencyFingerprint request,
        IntakePath path,
        KeptAnswer kept
    )
    {
        if (!kept.Request.RequestHash.AsSpan().SequenceEqual(request.RequestHash))
        {
            return (new BodyRejection(StatusCodes.Status422UnprocessableEntity, IdempotencyKey.Reused), null);
        }

        context.Response.Headers[IdempotencyKey.ReplayedHeaderName] = "true";
        return kept.Status == path.SuccessStatus
            ? (
                null,
                new ParsedBody(ReadOnlyMemory<byte>.Empty, [], "")
                {
                    Answer = kept.Answer,
                    AnswerType = kept.ContentType,
                }
            )
            : (new BodyRejection(kept.Status, kept.Answer), null);
    }
}
