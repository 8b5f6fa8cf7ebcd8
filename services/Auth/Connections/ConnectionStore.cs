using Npgsql;
using Partner.Auth.Tokens;

namespace Partner.Auth.Connections;

/// <summary>Null asks for all.</summary>
internal sealed record ConnectionFilter(TenantId? Tenant, string? State, string? Site);

/// <summary>Questions about connections, and the changes of their state.</summary>
internal sealed class ConnectionStore(NpgsqlDataSource database, DatabaseClock time)
{
    public Task<Connection?> FindAsync(ConnectionId id, CancellationToken cancellationToken) =>
        FirstAsync("SELECT * FROM connections WHERE id = $1", cancellationToken, id.Text);

    public Task<Connection?> FindByOrgAsync(
        TenantId tenant,
        string profile,
        string org,
        CancellationToken cancellationToken
    ) =>
        FirstAsync(
            "SELECT * FROM connections WHERE tenant = $1 AND profile = $2 AND org = $3",
            cancellationToken,
            tenant.Text,
            profile,
            org
        );

    /// <summary>Oldest first, those that come after a connection.</summary>
    public async Task<IReadOnlyList<Connection>> ListAsync(
        ConnectionFilter filter,
        ConnectionId? after,
        int limit,
        CancellationToken cancellationToken
    ) =>
        await database
            .Command(
                """
                SELECT * FROM connections
                WHERE ($1::text IS NULL OR tenant = $1)
                    AND ($2::text IS NULL OR state = $2)
                    AND ($3::text IS NULL OR site = $3)
                    AND ($4::text IS NULL OR id > $4)
                ORDER BY id LIMIT $5
                """,
                filter.Tenant?.Text,
                filter.State,
                filter.Site,
                after?.Text,
                limit
            )
            .ReadAllAsync(Connection.Read, cancellationToken);

    /// <summary>
    /// Due for the worker; each is put off at once, so that other instances take others. Some of every site, so that
    /// what piles up at one does not hold up the others.
    /// </summary>
    public async Task<IReadOnlyList<Connection>> ClaimDueAsync(
        int perSite,
        TimeSpan putOff,
        CancellationToken cancellationToken
    )
    {
        var now = time.GetUtcNow();
        return await database
            .Command(
                """
                UPDATE connections SET next_step_at = $2
                WHERE id IN (
                    SELECT due.id FROM (SELECT DISTINCT site FROM connections WHERE next_step_at <= $1) AS sites,
                    LATERAL (
                        SELECT id FROM connections WHERE site = sites.site AND next_step_at <= $1
                        ORDER BY next_step_at LIMIT $3 FOR UPDATE SKIP LOCKED) AS due)
                RETURNING *
                """,
                now,
                now + putOff,
                perSite
            )
            .ReadAllAsync(Connection.Read, cancellationToken);
    }

    public Task SetNextStepAsync(ConnectionId id, DateTimeOffset at, CancellationToken cancellationToken) =>
        database.ExecuteAsync("UPDATE connections SET next_step_at = $2 WHERE id = $1", cancellationToken, id.Text, at);

    /// <summary>In use: its token is refreshed ahead of expiry from now on, no longer only daily.</summary>
    /// <param name="latest">
    /// A refresh that is due by then stays where chance put it: the earliest of many draws would bring all connections
    /// together again (faults F9).
    /// </param>
    public Task MarkUsedAsync(
        ConnectionId id,
        DateTimeOffset refreshAt,
        DateTimeOffset latest,
        CancellationToken cancellationToken
    ) =>
        database.ExecuteAsync(
            """
            UPDATE connections SET
                last_used_at = $2, next_step_at = CASE WHEN next_step_at > $4 THEN $3 ELSE next_step_at END
            WHERE id = $1 AND state NOT IN ('reauthorize', 'disconnected')
            """,
            cancellationToken,
            id.Text,
            time.GetUtcNow(),
            refreshAt,
            latest
        );

    /// <summary>A state that leaves the token as it is. False if the connection was disconnected meanwhile.</summary>
    public async Task<bool> SetStateAsync(
        ConnectionId id,
        ConnectionState state,
        string? reason,
        CancellationToken cancellationToken
    ) =>
        await database.ExecuteAsync(
            "UPDATE connections SET state = $2, reason = $3 WHERE id = $1 AND state <> 'disconnected'",
            cancellationToken,
            id.Text,
            state.Text(),
            reason
        ) == 1;

    /// <summary>From what is known; false if it is something else by now.</summary>
    public async Task<bool> MoveStateAsync(
        Connection known,
        ConnectionState state,
        string? reason,
        CancellationToken cancellationToken
    ) =>
        await database.ExecuteAsync(
            """
            UPDATE connections SET state = $2, reason = $3
            WHERE id = $1 AND state = $4 AND reason IS NOT DISTINCT FROM $5
            """,
            cancellationToken,
            known.Id.Text,
            state.Text(),
            reason,
            known.State.Text(),
            known.Reason
        ) == 1;

    private Task<Connection?> FirstAsync(string sql, CancellationToken cancellationToken, params object?[] values) =>
        database.Command(sql, values).ReadFirstAsync(Connection.Read, cancellationToken);
}
