using Npgsql;
using Partner.Contracts;

namespace Partner.Auth.Connections;

/// <summary>Questions about connections, and the changes of their state.</summary>
internal sealed class ConnectionStore(NpgsqlDataSource database, TimeProvider time)
{
    public Task<Connection?> FindAsync(ConnectionId id, CancellationToken cancellationToken) =>
        FirstAsync("SELECT * FROM connections WHERE id = $1", cancellationToken, id.Text);

    public Task<Connection?> FindByOrgAsync(TenantId tenant, string profile, string org,
        CancellationToken cancellationToken) =>
        FirstAsync(
            "SELECT * FROM connections WHERE tenant = $1 AND profile = $2 AND org = $3", cancellationToken,
            tenant.Text, profile, org);

    public async Task<IReadOnlyList<Connection>> ListAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        await using var command = database.Command("SELECT * FROM connections WHERE tenant = $1 ORDER BY id",
            tenant.Text);
        return await ReadAllAsync(command, cancellationToken);
    }

    /// <summary>Due for the worker; each is put off at once, so that other instances take others.</summary>
    public async Task<IReadOnlyList<Connection>> ClaimDueAsync(int limit, TimeSpan putOff,
        CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var command = database.Command(
            """
            UPDATE connections SET next_step_at = $2
            WHERE id IN (
                SELECT id FROM connections WHERE next_step_at <= $1
                ORDER BY next_step_at LIMIT $3 FOR UPDATE SKIP LOCKED)
            RETURNING *
            """, now, now + putOff, limit);
        return await ReadAllAsync(command, cancellationToken);
    }

    public Task SetNextStepAsync(ConnectionId id, DateTimeOffset at, CancellationToken cancellationToken) =>
        database.ExecuteAsync("UPDATE connections SET next_step_at = $2 WHERE id = $1", cancellationToken, id.Text, at);

    /// <summary>In use: its token is refreshed ahead of expiry from now on, no longer only daily.</summary>
    public Task MarkUsedAsync(ConnectionId id, DateTimeOffset refreshAt, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            UPDATE connections SET last_used_at = $2, next_step_at = least(next_step_at, $3)
            WHERE id = $1 AND state NOT IN ('reauthorize', 'disconnected')
            """, cancellationToken, id.Text, time.GetUtcNow(), refreshAt);

    /// <summary>A state that leaves the token as it is. False if the connection was disconnected meanwhile.</summary>
    public async Task<bool> SetStateAsync(
        ConnectionId id, ConnectionState state, string? reason, CancellationToken cancellationToken) =>
        await database.ExecuteAsync(
            "UPDATE connections SET state = $2, reason = $3 WHERE id = $1 AND state <> 'disconnected'",
            cancellationToken, id.Text, state.Text(), reason) == 1;

    /// <summary>From what is known; false if it is something else by now.</summary>
    public async Task<bool> MoveStateAsync(
        Connection known, ConnectionState state, string? reason, CancellationToken cancellationToken) =>
        await database.ExecuteAsync(
            """
            UPDATE connections SET state = $2, reason = $3
            WHERE id = $1 AND state = $4 AND reason IS NOT DISTINCT FROM $5
            """, cancellationToken, known.Id.Text, state.Text(), reason, known.State.Text(), known.Reason) == 1;

    private async Task<Connection?> FirstAsync(string sql, CancellationToken cancellationToken, params object?[] values)
    {
        await using var command = database.Command(sql, values);
        return (await ReadAllAsync(command, cancellationToken)).FirstOrDefault();
    }

    private static async Task<IReadOnlyList<Connection>> ReadAllAsync(NpgsqlCommand command,
        CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var connections = new List<Connection>();
        while (await reader.ReadAsync(cancellationToken))
        {
            connections.Add(Connection.Read(reader));
        }

        return connections;
    }
}
