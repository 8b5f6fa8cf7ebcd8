using Npgsql;

namespace Partner.Auth.Connect;

/// <summary>One-use sessions that the partner's backend makes for a signed-in customer.</summary>
internal sealed class ConnectSessionStore(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>The partner can see for so long how a session ended.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    private const string Columns = """
        s.id, s.tenant, t.name AS tenant_name, s.profile, s.connection, s.return_to, s.state, s.reason, s.result,
        s.created_at, s.expires_at, s.ended_at
        """;

    public async Task<(string Handle, ConnectSession Session)> AddAsync(
        NewConnectSession session,
        CancellationToken cancellationToken
    )
    {
        var (handle, now) = (OpaqueTokens.New(), time.GetUtcNow());
        var added = await FirstAsync(
            $"""
            WITH s AS (
                INSERT INTO connect_sessions
                    (hash, id, tenant, profile, connection, return_to, state, created_at, expires_at)
                VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8) RETURNING *)
            SELECT {Columns} FROM s JOIN tenants t ON t.id = s.tenant
            """,
            cancellationToken,
            OpaqueTokens.Hash(handle),
            ConnectSession.NewId(),
            session.Tenant.Text,
            session.Profile,
            session.Connection?.Text,
            session.ReturnTo,
            now,
            now + ConnectSession.Life
        );
        return (handle, added!);
    }

    /// <summary>Looks without using it up: previews of links do that too.</summary>
    public Task<ConnectSession?> FindAsync(string handle, CancellationToken cancellationToken) =>
        FirstAsync(
            $"SELECT {Columns} FROM connect_sessions s JOIN tenants t ON t.id = s.tenant WHERE s.hash = $1",
            cancellationToken,
            OpaqueTokens.Hash(handle)
        );

    public Task<ConnectSession?> FindByIdAsync(string id, CancellationToken cancellationToken) =>
        FirstAsync(
            $"SELECT {Columns} FROM connect_sessions s JOIN tenants t ON t.id = s.tenant WHERE s.id = $1",
            cancellationToken,
            id
        );

    /// <summary>The newest that had to do with a connection.</summary>
    public Task<ConnectSession?> LatestOfAsync(ConnectionId connection, CancellationToken cancellationToken) =>
        FirstAsync(
            $"""
            SELECT {Columns} FROM connect_sessions s JOIN tenants t ON t.id = s.tenant
            WHERE coalesce(s.result, s.connection) = $1 ORDER BY s.created_at DESC LIMIT 1
            """,
            cancellationToken,
            connection.Text
        );

    /// <summary>Once, however many ask at the same time.</summary>
    public Task<ConnectSession?> UseAsync(string handle, CancellationToken cancellationToken) =>
        FirstAsync(
            $"""
            UPDATE connect_sessions s SET state = 'started', used_at = $2 FROM tenants t
            WHERE s.hash = $1 AND s.state = 'open' AND s.expires_at > $2 AND t.id = s.tenant
            RETURNING {Columns}
            """,
            cancellationToken,
            OpaqueTokens.Hash(handle),
            time.GetUtcNow()
        );

    /// <summary>What is known of its end. A later word counts more: a set-up that was interrupted goes on.</summary>
    public Task EndAsync(
        string? id,
        ConnectSessionState state,
        string? reason,
        ConnectionId? result,
        CancellationToken cancellationToken
    ) =>
        database.ExecuteAsync(
            """
            UPDATE connect_sessions SET state = $2, reason = $3, result = coalesce($4, result), ended_at = $5
            WHERE id = $1
            """,
            cancellationToken,
            id,
            state.Text(),
            reason,
            result?.Text,
            time.GetUtcNow()
        );

    /// <summary>
    /// Datadog shows its own error for a wrong client or redirect URI and for a disabled application, and sends no
    /// browser back (datadog-facts 2.3, 2.6): an attempt whose time is over has ended.
    /// </summary>
    public async Task EndUnfinishedAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await database.ExecuteAsync(
            "UPDATE connect_sessions SET state = 'expired', ended_at = $1 WHERE state = 'open' AND expires_at <= $1",
            cancellationToken,
            now
        );
        await database.ExecuteAsync(
            """
            UPDATE connect_sessions s SET
                state = CASE WHEN a.consumed_at IS NULL THEN 'abandoned' ELSE 'failed' END,
                reason = CASE WHEN a.consumed_at IS NULL THEN $3 ELSE $4 END,
                ended_at = $1
            FROM (
                -- The tenant before its session, as a deletion of it does: neither waits for the other for ever.
                SELECT c.id FROM connect_sessions c JOIN tenants t ON t.id = c.tenant
                WHERE c.state = 'started' AND c.used_at <= $2 FOR KEY SHARE OF t) due
                LEFT JOIN attempts a ON a.session = due.id
            WHERE s.id = due.id AND s.state = 'started'
                AND (a.consumed_at IS NULL OR a.consumed_at <= $2)
            """,
            cancellationToken,
            now,
            now - ConnectAttempt.Life,
            PageReasons.NeverReturned,
            PageReasons.Interrupted
        );
    }

    public Task RemoveOldAsync(CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "DELETE FROM connect_sessions WHERE expires_at < $1",
            cancellationToken,
            time.GetUtcNow() - Kept
        );

    private Task<ConnectSession?> FirstAsync(
        string sql,
        CancellationToken cancellationToken,
        params object?[] values
    ) => database.Command(sql, values).ReadFirstAsync(ConnectSession.Read, cancellationToken);
}
