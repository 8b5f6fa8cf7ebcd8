using Partner.Auth.Connections;

namespace Partner.Auth.Tokens;

/// <summary>
/// Live access tokens for the services that may have them: from Redis, from the row, or by a refresh.
/// </summary>
internal sealed class AccessTokens(
    TokenCache cache,
    ConnectionStore connections,
    Sealer sealer,
    RefreshFlights flights,
    TokenUseMarks marks,
    DatabaseClock time,
    Func<double> jitter
)
{
    /// <summary>A token is handed out only if it lives longer than a request.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    /// <summary>While Datadog gives no new one, the old is used to its end (faults F8).</summary>
    private static readonly TimeSpan LastMargin = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>For a caller that can still have the old token.</summary>
    private static readonly TimeSpan ShortPatience = TimeSpan.FromSeconds(2);

    public async Task<Answer> GetAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        if (await cache.GetAsync(id, cancellationToken) is { } cached && LivesFor(cached, Margin))
        {
            await marks.MarkAsync(id, cached.ExpiresAt, cancellationToken);
            return new Answer.Token(cached);
        }

        var since = time.GetTimestamp();
        while (true)
        {
            var connection = await connections.FindAsync(id, cancellationToken);
            if (connection is not { HasGrant: true })
            {
                return connection is null ? new Answer.Unknown() : new Answer.NoGrant();
            }

            var current = await OpenAsync(connection, cancellationToken);
            if (current is not null && LivesFor(current, Margin))
            {
                await cache.FillAsync(current, connection.SealedToken!);
                await marks.MarkAsync(id, current.ExpiresAt, cancellationToken);
                return new Answer.Token(current);
            }

            var patience = current is not null && LivesFor(current, LastMargin) ? ShortPatience : Patience;
            switch (await RefreshAsync(connection, patience - time.GetElapsedTime(since), cancellationToken))
            {
                case RefreshOutcome.Refreshed refreshed:
                    return new Answer.Token(refreshed.Token);
                case RefreshOutcome.TryLater later:
                    return Otherwise(current, later.After);
                case RefreshOutcome.Busy when time.GetElapsedTime(since) >= patience || patience == ShortPatience:
                    return Otherwise(current, TimeSpan.FromSeconds(5));
                case RefreshOutcome.Busy:
                    await Task.Delay(TimeSpan.FromMilliseconds(50 + (150 * jitter())), time, cancellationToken);
                    break;
            }
        }
    }

    /// <summary>The row's token; null if there is none that belongs to exactly this connection, generation and
    /// site.</summary>
    public async Task<LiveToken?> OpenAsync(Connection connection, CancellationToken cancellationToken)
    {
        if (connection is not { SealedToken: { } sealedToken, TokenExpiresAt: { } expiresAt })
        {
            return null;
        }

        var context = LiveToken.ContextOf(connection.Id, connection.Generation, connection.Site, expiresAt);
        return await sealer.OpenAsync(sealedToken, context, cancellationToken) is { } value
            ? new LiveToken(connection.Id, connection.Generation, connection.Site, expiresAt, value)
            : null;
    }

    // The refresh goes on when its caller has waited long enough.
    private async Task<RefreshOutcome> RefreshAsync(
        Connection connection,
        TimeSpan patience,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await flights
                .RefreshAsync(connection, cancellationToken)
                .WaitAsync(patience > TimeSpan.Zero ? patience : TimeSpan.Zero, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return new RefreshOutcome.Busy();
        }
    }

    private Answer Otherwise(LiveToken? current, TimeSpan after) =>
        current is not null && LivesFor(current, LastMargin)
            ? new Answer.Token(current)
            : new Answer.Unavailable(after);

    private bool LivesFor(LiveToken token, TimeSpan margin) => token.ExpiresAt - time.GetUtcNow() > margin;

    internal abstract record Answer
    {
        public sealed record Token(LiveToken Live) : Answer;

        public sealed record Unknown : Answer;

        public sealed record NoGrant : Answer;

        public sealed record Unavailable(TimeSpan After) : Answer;
    }
}
