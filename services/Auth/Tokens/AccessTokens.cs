using System.Collections.Concurrent;
using Partner.Auth.Connections;
using Partner.Contracts;

namespace Partner.Auth.Tokens;

/// <summary>Live access tokens for whoever may have them: from Redis, from the row, or by a refresh.</summary>
internal sealed class AccessTokens(
    TokenCache cache, ConnectionStore connections, Sealer sealer, Flights flights, UsageMarks marks, TimeProvider time,
    Func<double> chance)
{
    /// <summary>A token is handed out only if it lives longer than a request.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    /// <summary>While Datadog gives no new one, the old is used to its end (faults F8).</summary>
    private static readonly TimeSpan LastMargin = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

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
                await cache.SetAsync(current, connection.SealedToken!);
                await marks.MarkAsync(id, current.ExpiresAt, cancellationToken);
                return new Answer.Token(current);
            }

            switch (await flights.RefreshAsync(id, connection.Generation, cancellationToken))
            {
                case RefreshOutcome.Refreshed refreshed:
                    return new Answer.Token(refreshed.Token);
                case RefreshOutcome.TryLater later:
                    return Otherwise(current, later.After);
                case RefreshOutcome.Busy when time.GetElapsedTime(since) > Patience || (current is not null
                    && LivesFor(current, LastMargin)):
                    return Otherwise(current, TimeSpan.FromSeconds(5));
                case RefreshOutcome.Busy:
                    await Task.Delay(TimeSpan.FromMilliseconds(50 + (150 * chance())), time, cancellationToken);
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

    private Answer Otherwise(LiveToken? current, TimeSpan after) =>
        current is not null && LivesFor(current,
            LastMargin) ? new Answer.Token(current) : new Answer.Unavailable(after);

    private bool LivesFor(LiveToken token, TimeSpan margin) => token.ExpiresAt - time.GetUtcNow() > margin;

    internal abstract record Answer
    {
        public sealed record Token(LiveToken Live) : Answer;

        public sealed record Unknown : Answer;

        public sealed record NoGrant : Answer;

        public sealed record Unavailable(TimeSpan After) : Answer;
    }
}

/// <summary>Within this process, callers that find the same token wanting share one refresh.</summary>
internal sealed class Flights(IServiceProvider services)
{
    private readonly SingleFlight<ConnectionId, RefreshOutcome> _refreshes = new();

    public Task<RefreshOutcome> RefreshAsync(ConnectionId id, long generation, CancellationToken cancellationToken) =>
        _refreshes.RunAsync(id, () => services.GetRequiredService<Refresher>().RefreshAsync(id, generation),
            cancellationToken);
}

/// <summary>Remembers that a connection is in use, with one write in five minutes.</summary>
internal sealed class UsageMarks(IServiceProvider services, TimeProvider time, Func<double> chance)
{
    private const int MaxRemembered = 100_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<ConnectionId, long> _marked = [];

    public async Task MarkAsync(ConnectionId id, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        if (_marked.TryGetValue(id, out var at) && time.GetElapsedTime(at) < Pause)
        {
            return;
        }

        if (_marked.Count >= MaxRemembered)
        {
            _marked.Clear();
        }

        _marked[id] = time.GetTimestamp();
        try
        {
            await services.GetRequiredService<ConnectionStore>().MarkUsedAsync(
                id, RefreshSchedule.AheadOf(time.GetUtcNow(), expiresAt, chance()), cancellationToken);
        }
        catch (Npgsql.NpgsqlException)
        {
            // A token that is at hand is given out without the database (faults F7).
            _marked.TryRemove(id, out _);
        }
    }
}
