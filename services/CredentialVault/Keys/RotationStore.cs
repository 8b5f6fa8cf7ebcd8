using Npgsql;

namespace Partner.CredentialVault.Keys;

/// <summary>Rows of data keys on one version of the key ring.</summary>
public sealed record KeyVersionRows(int Version, long Rows);

/// <summary>Data keys seen as what rotation moves from version to version.</summary>
internal sealed class RotationStore(NpgsqlDataSource source)
{
    /// <summary>How many data keys each version wraps; read from the index on the version.</summary>
    public async Task<IReadOnlyList<KeyVersionRows>> CountAsync(CancellationToken cancellationToken) =>
        await source
            .Command(
                """
                SELECT key_version, count(*) FROM owners WHERE key_version IS NOT NULL GROUP BY key_version ORDER BY 1
                """
            )
            .ReadAllAsync(reader => new KeyVersionRows(reader.GetInt32(0), reader.GetInt64(1)), cancellationToken);

    /// <summary>
    /// Moves up to <paramref name="limit"/> keys of these versions, in one transaction. A key whose row is locked is
    /// left for the next pass; readers take no locks.
    /// </summary>
    /// <param name="rewrap">Gives null for a key that cannot be moved.</param>
    public async Task<Moved> MoveAsync(
        int[] versions,
        string after,
        int limit,
        Func<WrappedKey, Task<WrappedKey?>> rewrap,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var found = await ReadAsync(connection, versions, after, limit, cancellationToken);
        var moved = 0;
        foreach (var old in found)
        {
            if (await rewrap(old) is { } renewed)
            {
                moved += await connection.ExecuteAsync(
                    "UPDATE owners SET wrapped_key = $3, key_version = $4 WHERE id = $1 AND key_version = $2",
                    cancellationToken,
                    old.Name,
                    old.Version,
                    renewed.Bytes,
                    renewed.Version
                );
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return new Moved(moved, found.Count == limit ? found[^1].Name : null);
    }

    private static Task<List<WrappedKey>> ReadAsync(
        NpgsqlConnection connection,
        int[] versions,
        string after,
        int limit,
        CancellationToken cancellationToken
    ) =>
        connection
            .Command(
                """
                SELECT id, key_version, wrapped_key FROM owners
                WHERE key_version = ANY ($1) AND id > $2
                ORDER BY id LIMIT $3
                FOR NO KEY UPDATE SKIP LOCKED
                """,
                versions,
                after,
                limit
            )
            .ReadAllAsync(
                reader => new WrappedKey(reader.GetString(0), reader.GetInt32(1), reader.GetFieldValue<byte[]>(2)),
                cancellationToken
            );

    /// <param name="Next">Where the pass goes on; null at its end.</param>
    internal readonly record struct Moved(int Count, string? Next);
}
