using Npgsql;

namespace Partner.Auth.Connect;

/// <summary>Authorization requests under way, found by the browser's cookie.</summary>
internal sealed class ConnectAttemptStore(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Kept after their end, so that a replay is told from nonsense.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    public Task AddAsync(ConnectAttempt attempt, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            INSERT INTO attempts
                (cookie_hash, state_hash, session, tenant, connection, profile, sealed_verifier, expected_domain,
                 authorize_host, redirect_uri, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """,
            cancellationToken,
            attempt.CookieHash,
            attempt.StateHash,
            attempt.Session,
            attempt.Tenant.Text,
            attempt.Connection?.Text,
            attempt.Profile,
            attempt.SealedVerifier,
            attempt.ExpectedDomain,
            attempt.AuthorizeHost,
            attempt.RedirectUri,
            attempt.CreatedAt
        );

    public Task<ConnectAttempt?> FindAsync(string cookie, CancellationToken cancellationToken) =>
        database
            .Command("SELECT * FROM attempts WHERE cookie_hash = $1", OpaqueTokens.Hash(cookie))
            .ReadFirstAsync(
                reader => new ConnectAttempt(
                    (string)reader["cookie_hash"],
                    (string)reader["state_hash"],
                    reader.TextOrNull("session"),
                    TenantId.Parse((string)reader["tenant"]),
                    reader.TextOrNull("connection") is { } connection ? ConnectionId.Parse(connection) : null,
                    (string)reader["profile"],
                    (byte[])reader["sealed_verifier"],
                    reader.TextOrNull("expected_domain"),
                    (string)reader["authorize_host"],
                    (string)reader["redirect_uri"],
                    reader.TimeOrNull("created_at")!.Value,
                    reader.TimeOrNull("consumed_at")
                ),
                cancellationToken
            );

    /// <summary>True for exactly one caller: of two callbacks at the same time one goes on (security 4).</summary>
    public async Task<bool> ConsumeAsync(ConnectAttempt attempt, CancellationToken cancellationToken) =>
        await database.ExecuteAsync(
            """
            UPDATE attempts SET consumed_at = $2
            WHERE cookie_hash = $1 AND consumed_at IS NULL AND created_at > $3
            """,
            cancellationToken,
            attempt.CookieHash,
            time.GetUtcNow(),
            time.GetUtcNow() - ConnectAttempt.Life
        ) == 1;

    public Task RemoveOldAsync(CancellationToken cancellationToken) =>
        database.ExecuteAsync("DELETE FROM attempts WHERE created_at < $1", cancellationToken, time.GetUtcNow() - Kept);
}
