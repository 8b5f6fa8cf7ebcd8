using System.Text.Json.Serialization;
using Npgsql;
using Partner.Auth.IngestKeys;

namespace Partner.Auth.Credentials;

/// <summary>A credential of the partner API as it is listed.</summary>
/// <param name="Prefix">What its token begins with.</param>
/// <param name="LastUsedAt">To about a minute.</param>
public sealed record CredentialView(
    Guid Id,
    string Name,
    string Role,
    string Prefix,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonPropertyName("created_by")] string CreatedBy,
    [property: JsonPropertyName("last_used_at")] DateTimeOffset? LastUsedAt,
    [property: JsonPropertyName("revoked_at")] DateTimeOffset? RevokedAt,
    [property: JsonPropertyName("revoked_by")] string? RevokedBy
);

/// <param name="Next">Ask again with it as <c>after</c>; null at the end.</param>
public sealed record CredentialList(IReadOnlyList<CredentialView> Credentials, string? Next);

/// <summary>Credentials of the partner API: hashes, never the tokens.</summary>
internal sealed class CredentialStore(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>The gateway's door compares with each of them, at every request (security 38).</summary>
    public const int Most = 100;

    /// <summary>False: there are <see cref="Most"/> live ones.</summary>
    public async Task<bool> AddAsync(
        Guid id,
        string name,
        string role,
        string hash,
        string prefix,
        string actor,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Counted by one at a time.
        await connection.ExecuteAsync("LOCK TABLE partner_credentials IN SHARE ROW EXCLUSIVE MODE", cancellationToken);
        var added =
            await connection.ExecuteAsync(
                """
                INSERT INTO partner_credentials (id, name, role, hash, prefix, created_at, created_by)
                SELECT $1, $2, $3, $4, $5, $6, $7
                WHERE (SELECT count(*) FROM partner_credentials WHERE revoked_at IS NULL) < $8
                """,
                cancellationToken,
                id,
                name,
                role,
                hash,
                prefix,
                time.GetUtcNow(),
                actor,
                Most
            ) == 1;
        await transaction.CommitAsync(cancellationToken);
        return added;
    }

    public async Task<IReadOnlyList<CredentialView>> ListAsync(
        Guid? after,
        int limit,
        CancellationToken cancellationToken
    ) =>
        await database
            .Command(
                """
                SELECT id, name, role, prefix, created_at, created_by, last_used_at, revoked_at, revoked_by
                FROM partner_credentials WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2
                """,
                after,
                limit
            )
            .ReadAllAsync(
                reader => new CredentialView(
                    (Guid)reader["id"],
                    (string)reader["name"],
                    (string)reader["role"],
                    (string)reader["prefix"],
                    reader.TimeOrNull("created_at")!.Value,
                    (string)reader["created_by"],
                    reader.TimeOrNull("last_used_at"),
                    reader.TimeOrNull("revoked_at"),
                    reader.TextOrNull("revoked_by")
                ),
                cancellationToken
            );

    public async Task<bool> RevokeAsync(Guid id, string actor, CancellationToken cancellationToken) =>
        await database.ExecuteAsync(
            "UPDATE partner_credentials SET revoked_at = $2, revoked_by = $3 WHERE id = $1 AND revoked_at IS NULL",
            cancellationToken,
            id,
            time.GetUtcNow(),
            actor
        ) == 1;

    /// <summary>For the gateways, which ask every 2 s: all of them, there are few.</summary>
    public async Task<PartnerCredentialList> ReadLiveAsync(CancellationToken cancellationToken)
    {
        var live = await database
            .Command("SELECT id, name, hash, role FROM partner_credentials WHERE revoked_at IS NULL ORDER BY id")
            .ReadAllAsync(
                reader => new PartnerCredentialEntry(
                    (Guid)reader["id"],
                    (string)reader["name"],
                    (string)reader["hash"],
                    (string)reader["role"]
                ),
                cancellationToken
            );

        return new PartnerCredentialList(live);
    }

    public Task MarkUsedAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            UPDATE partner_credentials SET last_used_at = $2
            WHERE id = ANY($1) AND (last_used_at IS NULL OR last_used_at < $3)
            """,
            cancellationToken,
            ids.ToArray(),
            time.GetUtcNow(),
            time.GetUtcNow() - LastUse.Grain
        );
}
