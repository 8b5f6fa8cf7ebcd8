using System.Text.Json.Serialization;
using Npgsql;

namespace Partner.Auth.IngestKeys;

/// <summary>Keys that a partner's backend sends with: hashes, never the keys.</summary>
internal sealed class IngestKeyStore(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>False if there is no such connection, or it is disconnected.</summary>
    public async Task<bool> AddAsync(
        Guid id,
        ConnectionId owner,
        string hash,
        string prefix,
        bool strict,
        IngestKeyKind kind,
        string[] origins,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Locked first: a disconnect that runs at the same time revokes this key too, or this sees it.
        if (
            await connection
                .Command("SELECT 1 FROM connections WHERE id = $1 AND state <> 'disconnected' FOR SHARE", owner.Text)
                .ScalarAsync<int?>(cancellationToken)
            is null
        )
        {
            return false;
        }

        var version = await IngestKeyFeed.NextVersionAsync(connection, cancellationToken);
        await connection.ExecuteAsync(
            """
            INSERT INTO ingest_keys (id, connection, hash, prefix, strict, kind, origins, created_at, changed_version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            cancellationToken,
            id,
            owner.Text,
            hash,
            prefix,
            strict,
            kind.Text(),
            origins,
            time.GetUtcNow(),
            version
        );
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    public async Task<IReadOnlyList<IngestKeyView>> ListAsync(
        ConnectionId owner,
        Guid? after,
        int limit,
        CancellationToken cancellationToken
    ) =>
        await database
            .Command(
                """
                SELECT id, prefix, strict, kind, origins, created_at, last_used_at, revoked_at FROM ingest_keys
                WHERE connection = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3
                """,
                owner.Text,
                after,
                limit
            )
            .ReadAllAsync(
                reader => new IngestKeyView(
                    (Guid)reader["id"],
                    (string)reader["prefix"],
                    (bool)reader["strict"],
                    EnumText.Parse<IngestKeyKind>((string)reader["kind"]),
                    (string[])reader["origins"],
                    reader.TimeOrNull("created_at")!.Value,
                    reader.TimeOrNull("last_used_at"),
                    reader.TimeOrNull("revoked_at")
                ),
                cancellationToken
            );

    /// <summary>Several gateways report the same key: what is newer than a report apart is not written again.</summary>
    public Task MarkUsedAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            UPDATE ingest_keys SET last_used_at = $2
            WHERE id = ANY($1) AND (last_used_at IS NULL OR last_used_at < $3)
            """,
            cancellationToken,
            ids.ToArray(),
            time.GetUtcNow(),
            time.GetUtcNow() - LastUse.Grain
        );

    public async Task<bool> RevokeAsync(ConnectionId owner, Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var version = await IngestKeyFeed.NextVersionAsync(connection, cancellationToken);
        var revoked =
            await connection.ExecuteAsync(
                """
                UPDATE ingest_keys SET revoked_at = $3, changed_version = $4
                WHERE connection = $1 AND id = $2 AND revoked_at IS NULL
                """,
                cancellationToken,
                owner.Text,
                id,
                time.GetUtcNow(),
                version
            ) == 1;
        if (revoked)
        {
            await transaction.CommitAsync(cancellationToken);
        }

        return revoked;
    }
}

/// <summary>An ingest key as it is listed.</summary>
/// <param name="Prefix">
/// The first four digits, of a client token with <c>pub</c> before them; empty for a key from before they were kept.
/// </param>
/// <param name="Origins">Empty of an API key.</param>
/// <param name="LastUsedAt">To about a minute.</param>
public sealed record IngestKeyView(
    Guid Id,
    string Prefix,
    bool Strict,
    IngestKeyKind Kind,
    IReadOnlyList<string> Origins,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonPropertyName("last_used_at")] DateTimeOffset? LastUsedAt,
    [property: JsonPropertyName("revoked_at")] DateTimeOffset? RevokedAt
);

/// <param name="Next">Ask again with it as <c>after</c>; null at the end.</param>
public sealed record IngestKeyList(
    [property: JsonPropertyName("ingest_keys")] IReadOnlyList<IngestKeyView> IngestKeys,
    string? Next
);

/// <summary>Times of last use are coarse: gateways report once a minute, each for itself.</summary>
internal static class LastUse
{
    public static readonly TimeSpan Grain = TimeSpan.FromSeconds(45);
}
