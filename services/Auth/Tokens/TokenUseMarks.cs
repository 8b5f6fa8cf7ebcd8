using System.Collections.Concurrent;
using Partner.Auth.Connections;
using Partner.Contracts;

namespace Partner.Auth.Tokens;

/// <summary>Remembers that a connection is in use, with one write in five minutes.</summary>
internal sealed class TokenUseMarks(IServiceProvider services, DatabaseClock time, Func<double> chance)
{
    private const int MaxRemembered = 100_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<ConnectionId, long> _marked = [];

    public Task MarkAsync(Connection connection, CancellationToken cancellationToken) =>
        connection is { HasGrant: true, SetupDue: false }
            ? MarkAsync(connection.Id, connection.TokenExpiresAt ?? time.GetUtcNow(), cancellationToken)
            : Task.CompletedTask;

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
            var now = time.GetUtcNow();
            await services
                .GetRequiredService<ConnectionStore>()
                .MarkUsedAsync(
                    id,
                    RefreshSchedule.AheadOf(now, expiresAt, chance()),
                    RefreshSchedule.AheadOf(now, expiresAt, 0),
                    cancellationToken
                );
        }
        catch (Npgsql.NpgsqlException)
        {
            // A token that is at hand is given out without the database (faults F7).
            _marked.TryRemove(id, out _);
        }
    }
}
