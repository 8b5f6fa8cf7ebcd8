using Partner.Sending.Outbox;

namespace Partner.Sending.Accept;

/// <summary>What a client is told of a request that was not committed.</summary>
internal static class AppendRefusals
{
    // A backlog does not go in a moment.
    private const int FullSeconds = 30;

    /// <summary>Null: it was committed.</summary>
    /// <param name="mostBytes">Of one request, while it waits for its commit.</param>
    public static BodyRejection? Of(AppendResult result, long mostBytes) =>
        result switch
        {
            AppendResult.Committed => null,
            AppendResult.TooLarge => new BodyRejection(
                StatusCodes.Status413PayloadTooLarge,
                $"The request unfolds to more than {mostBytes} bytes."
            ),
            AppendResult.KeyTaken => BodyRejection.KeyTaken,
            AppendResult.Repeated => BodyRejection.Repeated,
            AppendResult.Overtaken => BodyRejection.Overtaken,
            AppendResult.ConnectionFull => new BodyRejection(
                StatusCodes.Status429TooManyRequests,
                "Too much of this connection is undelivered; try again later."
            )
            {
                RetryAfter = FullSeconds,
            },
            AppendResult.OutboxFull => new BodyRejection(
                StatusCodes.Status503ServiceUnavailable,
                "Too much is undelivered; try again later."
            )
            {
                RetryAfter = FullSeconds,
            },
            _ => BodyRejection.Unavailable,
        };
}
