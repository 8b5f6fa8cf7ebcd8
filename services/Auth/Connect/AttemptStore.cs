using Npgsql;
using Partner.Contracts;

namespace Partner.Auth.Connect;

/// <summary>Authorization requests under way, found by the browser's cookie.</summary>
internal sealed class AttemptStore(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Kept after their end, so that a replay is told from nonsense.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    public Task AddAsync(Attempt attempt, CancellationToken cancellationToken) => database.ExecuteAsync(
        """
        INSERT INTO attempts
            (cookie_hash, state_hash, tenant, profile, sealed_verifier, expected_domain, authorize_host, redirect_uri, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """, cancellationToken,
        attempt.CookieHash, attempt.StateHash, attempt.Tenant.Text, attempt.Profile, attempt.SealedVerifier,
        attempt.ExpectedDomain, attempt.AuthorizeHost, attempt.RedirectUri, attempt.CreatedAt);

    public async Task<Attempt?> FindAsync(string cookie, CancellationToken cancellationToken)
    {
        await using var command = database.Command("SELECT * FROM attempts WHERE cookie_hash = $1",
            Handles.Hash(cookie));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new Attempt(
                (string)reader["cookie_hash"],
                (string)reader["state_hash"],
                TenantId.Parse((string)reader["tenant"]),
                (string)reader["profile"],
                (byte[])reader["sealed_verifier"],
                reader.TextOrNull("expected_domain"),
                (string)reader["authorize_host"],
                (string)reader["redirect_uri"],
                reader.TimeOrNull("created_at")!.Value,
                reader.TimeOrNull("consumed_at"))
            : null;
    }

    /// <summary>True for exactly one caller: of two callbacks at the same time one goes on (security 4).</summary>
    public async Task<bool> ConsumeAsync(Attempt attempt, CancellationToken cancellationToken) =>
        await database.ExecuteAsync(
            """
            UPDATE attempts SET consumed_at = $2
            WHERE cookie_hash = $1 AND consumed_at IS NULL AND created_at > $3
            """, cancellationToken, attempt.CookieHash, time.GetUtcNow(), time.GetUtcNow() - Attempt.Life) == 1;

    public async Task RemoveOldAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - Kept;
        await database.ExecuteAsync("DELETE FROM attempts WHERE created_at < $1", cancellationToken, before);
        await database.ExecuteAsync("DELETE FROM connect_sessions WHERE expires_at < $1", cancellationToken, before);
        await database.ExecuteAsync("DELETE FROM tile_entries WHERE expires_at < $1", cancellationToken, before);
    }
}
