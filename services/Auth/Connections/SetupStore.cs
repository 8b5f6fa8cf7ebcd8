using System.Text.Json;
using Npgsql;
using Partner.Auth.IngestKeys;
using Partner.Auth.Tokens;

namespace Partner.Auth.Connections;

/// <summary>The changes that make a connection out of an authorisation.</summary>
internal sealed class SetupStore(NpgsqlDataSource database, DatabaseClock time)
{
    /// <summary>A connection of its own until the org is known; the worker goes on with it at <paramref
    /// name="resumeAt"/>.</summary>
    public Task AddAsync(
        ConnectionId id,
        TenantId tenant,
        string profile,
        string site,
        string? orgName,
        OwnerId tokenOwner,
        ConnectionId? reauthorizes,
        DateTimeOffset resumeAt,
        CancellationToken cancellationToken
    ) =>
        database.ExecuteAsync(
            """
            INSERT INTO connections
                (id, tenant, profile, site, org_name, token_owner, reauthorizes, state, next_step_at, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9)
            """,
            cancellationToken,
            id.Text,
            tenant.Text,
            profile,
            site,
            orgName,
            tokenOwner.Text,
            reauthorizes?.Text,
            resumeAt,
            time.GetUtcNow()
        );

    /// <summary>One set-up at a time for a connection. By the database's clock: hosts' clocks differ.</summary>
    public async Task<bool> BeginAsync(ConnectionId id, TimeSpan lease, CancellationToken cancellationToken) =>
        await database.ExecuteAsync(
            """
            UPDATE connections SET setup_until = clock_timestamp() + $2
            WHERE id = $1 AND state <> 'disconnected' AND (setup_until IS NULL OR setup_until < clock_timestamp())
            """,
            cancellationToken,
            id.Text,
            lease
        ) == 1;

    public Task EndAsync(ConnectionId id, CancellationToken cancellationToken) =>
        database.ExecuteAsync("UPDATE connections SET setup_until = NULL WHERE id = $1", cancellationToken, id.Text);

    /// <summary>
    /// Says which org this connection is for. False if the tenant has another connection for it: then the two are one.
    /// </summary>
    public async Task<bool> ClaimOrgAsync(ConnectionId id, string org, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await connection.ExecuteAsync(
                "UPDATE connections SET org = $2 WHERE id = $1",
                cancellationToken,
                id.Text,
                org
            );
            await IngestKeyFeed.TouchAsync(connection, id, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return true;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return false;
        }
    }

    /// <summary>
    /// The older connection takes over the newer grant, and the newer row goes. Its refresh token is in the vault as
    /// <paramref name="generation"/> already.
    /// </summary>
    public async Task MergeAsync(
        Connection older,
        Connection newer,
        OwnerId tokenOwner,
        long generation,
        byte[]? sealedToken,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(
            """
            UPDATE connections SET
                site = $2, org_name = $3, scopes = $4, token_owner = $5, generation = $6, sealed_token = $7,
                token_expires_at = $8, refreshed_at = $9, refresh_failures = 0, setup_due = true, next_step_at = $10,
                state = CASE WHEN state IN ('reauthorize', 'disconnected', 'key_lost') THEN 'pending' ELSE state END,
                reason = CASE WHEN state IN ('reauthorize', 'disconnected', 'key_lost') THEN NULL ELSE reason END,
                disconnected_at = NULL
            WHERE id = $1 AND generation < $6
            """,
            cancellationToken,
            older.Id.Text,
            newer.Site,
            newer.OrgName,
            newer.Scopes.ToArray(),
            tokenOwner.Text,
            generation,
            sealedToken,
            newer.TokenExpiresAt,
            newer.RefreshedAt,
            time.GetUtcNow() + SetupOptions.ResumeAfter
        );
        // Keys may have been made for the newer one while it was pending.
        await connection.ExecuteAsync(
            "UPDATE ingest_keys SET connection = $2 WHERE connection = $1",
            cancellationToken,
            newer.Id.Text,
            older.Id.Text
        );
        await IngestKeyFeed.TouchAsync(connection, older.Id, cancellationToken);
        await connection.ExecuteAsync(
            "UPDATE connect_sessions SET result = $2 WHERE result = $1",
            cancellationToken,
            newer.Id.Text,
            older.Id.Text
        );
        await connection.ExecuteAsync("DELETE FROM connections WHERE id = $1", cancellationToken, newer.Id.Text);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>The end of a set-up that has found or made the API key, or will not.</summary>
    public Task FinishAsync(
        ConnectionId id,
        ConnectionState state,
        string? reason,
        OwnerId? keyOwner,
        string? keyId,
        ProbeResults probes,
        DateTimeOffset nextStep,
        CancellationToken cancellationToken
    ) =>
        database.ExecuteAsync(
            """
            UPDATE connections SET
                state = $2, reason = $3, key_owner = coalesce($4, key_owner),
                key_since = CASE WHEN key_id = $5 THEN key_since ELSE $6 END,
                key_id = $5, setup_due = false, next_step_at = $7, probes = $8::jsonb
            WHERE id = $1 AND state <> 'disconnected'
            """,
            cancellationToken,
            id.Text,
            state.Text(),
            reason,
            keyOwner?.Text,
            keyId,
            time.GetUtcNow(),
            nextStep,
            JsonSerializer.Serialize(probes)
        );

    /// <summary>The code was not exchanged: there has never been anything to keep.</summary>
    public Task RemoveAsync(ConnectionId id, CancellationToken cancellationToken) =>
        database.ExecuteAsync("DELETE FROM connections WHERE id = $1 AND generation = 0", cancellationToken, id.Text);

    /// <summary>
    /// A set-up that was refused: nothing of it stays but the row that says so. Of one that was to be an older
    /// connection's not even that: the session has the reason.
    /// </summary>
    public async Task RefuseAsync(ConnectionId id, string reason, CancellationToken cancellationToken)
    {
        await database.ExecuteAsync(
            """
            WITH refused AS (SELECT id, reauthorizes FROM connections WHERE id = $1)
            UPDATE connect_sessions s SET
                state = 'failed', reason = $2, result = coalesce(refused.reauthorizes, s.result), ended_at = $3
            FROM refused WHERE s.result = refused.id
            """,
            cancellationToken,
            id.Text,
            reason,
            time.GetUtcNow()
        );
        await database.ExecuteAsync(
            """
            DELETE FROM connections c WHERE id = $1 AND reauthorizes IS NOT NULL
                AND NOT EXISTS (SELECT FROM ingest_keys WHERE connection = c.id)
            """,
            cancellationToken,
            id.Text
        );
        await database.ExecuteAsync(
            """
            UPDATE connections SET
                state = 'disconnected', reason = $2, org = NULL, setup_due = false, sealed_token = NULL,
                token_expires_at = NULL, next_step_at = NULL, token_owner = NULL, disconnected_at = $3
            WHERE id = $1
            """,
            cancellationToken,
            id.Text,
            reason,
            time.GetUtcNow()
        );
    }
}
