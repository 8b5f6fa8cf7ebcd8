using Npgsql;

namespace Partner.Auth.Tokens;

/// <summary>The generations of a connection's tokens. The vault has a generation's refresh token before this has
/// it.</summary>
internal sealed class TokenStore(NpgsqlDataSource database, DatabaseClock time)
{
    /// <summary>
    /// Moves on from a generation. False: it has moved already, or the connection is disconnected. A late success
    /// after the grant was given up takes the connection back.
    /// </summary>
    public async Task<bool> CommitAsync(
        LiveToken token,
        byte[] sealedToken,
        long from,
        IReadOnlyList<string> scopes,
        DateTimeOffset nextStep,
        Lease? lease,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (
            await connection.ExecuteAsync(
                """
                UPDATE connections SET
                    generation = $3, sealed_token = $4, token_expires_at = $5, scopes = $6, refreshed_at = $7,
                    refresh_failures = 0, refresh_problem = NULL, next_step_at = $8,
                    state = CASE WHEN state <> 'reauthorize' THEN state WHEN key_id IS NULL THEN 'pending' ELSE 'connected' END,
                    reason = CASE WHEN state <> 'reauthorize' THEN reason END
                WHERE id = $1 AND generation = $2 AND state <> 'disconnected'
                """,
                cancellationToken,
                token.Connection.Text,
                from,
                token.Generation,
                sealedToken,
                token.ExpiresAt,
                scopes.ToArray(),
                time.GetUtcNow(),
                nextStep
            ) == 0
        )
        {
            return false;
        }

        if (lease is not null)
        {
            await connection.ExecuteAsync(
                """
                UPDATE refresh_leases SET holder = NULL, generation = $3, lease_until = '-infinity', undecided_until = NULL
                WHERE connection = $1 AND holder = $2
                """,
                cancellationToken,
                token.Connection.Text,
                lease.Holder,
                token.Generation
            );
        }

        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>The vault has a newer generation: a process ended between the two. Its access token is lost.</summary>
    public Task AdoptAsync(ConnectionId id, long from, long generation, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "UPDATE connections SET generation = $3, sealed_token = NULL, token_expires_at = NULL WHERE id = $1 AND generation = $2",
            cancellationToken,
            id.Text,
            from,
            generation
        );

    /// <summary>The grant is gone. False if it moved meanwhile.</summary>
    public async Task<bool> GiveUpAsync(
        ConnectionId id,
        long generation,
        string reason,
        CancellationToken cancellationToken
    ) =>
        await database.ExecuteAsync(
            """
            UPDATE connections SET
                state = 'reauthorize', reason = $3, sealed_token = NULL, token_expires_at = NULL, next_step_at = NULL
            WHERE id = $1 AND generation = $2 AND state NOT IN ('disconnected', 'reauthorize')
            """,
            cancellationToken,
            id.Text,
            generation,
            reason
        ) == 1;

    public Task PostponeAsync(
        ConnectionId id,
        DateTimeOffset until,
        string? problem,
        CancellationToken cancellationToken
    ) =>
        database.ExecuteAsync(
            """
            UPDATE connections SET refresh_failures = refresh_failures + 1, next_step_at = $2, refresh_problem = $3
            WHERE id = $1 AND next_step_at IS NOT NULL
            """,
            cancellationToken,
            id.Text,
            until,
            problem
        );
}
