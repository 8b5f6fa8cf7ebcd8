using Partner.Auth.Connections;

namespace Partner.Auth.Tokens;

/// <summary>Remembers that a connection is in use, with one write in five minutes.</summary>
internal sealed class TokenUseMarks(ConnectionStore connections, DatabaseClock time, Func<double> jitter)
{
    private const int MaxRemembered = 100_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    private readonly BoundedCache<ConnectionId, bool> _marked = new(MaxRemembered, time);

    public Task MarkAsync(Connection connection, CancellationToken cancellationToken) =>
        connection is { HasGrant: true, SetupDue: false }
            ? MarkAsync(connection.Id, connection.TokenExpiresAt ?? time.GetUtcNow(), cancellationToken)
            : Task.CompletedTask;

    public async Task MarkAsync(ConnectionId id, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        if (_marked.TryGet(id, out _))
        {
            return;
        }

        _marked.Set(id, true, Pause);
        try
        {
            var now = time.GetUtcNow();
            await connections.MarkUsedAsync(
                id,
                RefreshSchedule.AheadOf(now, expiresAt, jitter()),
                RefreshSchedule.AheadOf(now, expiresAt, 0),
                cancellationToken
            );
        }
        catch (Npgsql.NpgsqlException)
        {
            // A token that is at hand is given out without the database (faults F7).
            _marked.Remove(id);
        }
    }
}
