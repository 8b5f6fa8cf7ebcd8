using Npgsql;

namespace Partner.Auth.IngestKeys;

/// <summary>
/// The change feed of ingest keys, by which the gateways' tables stay current. See 003_ingest_keys.sql for why its
/// versions come from a row and not from a sequence.
/// </summary>
internal sealed class IngestKeyFeed(NpgsqlDataSource database)
{
    private const int PageSize = 1000;

    /// <summary>The next version, inside the transaction of the change that it is for.</summary>
    public static Task<long> NextVersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection
            .Command("UPDATE feed SET version = version + 1 RETURNING version")
            .ScalarAsync<long>(cancellationToken);

    /// <summary>Something about the connection changed that its keys' entries show.</summary>
    public static async Task TouchAsync(
        NpgsqlConnection connection,
        ConnectionId id,
        CancellationToken cancellationToken
    )
    {
        var version = await NextVersionAsync(connection, cancellationToken);
        await connection.ExecuteAsync(
            "UPDATE ingest_keys SET changed_version = $2 WHERE connection = $1",
            cancellationToken,
            id.Text,
            version
        );
    }

    public async Task<IngestKeyPage> ReadAsync(long after, CancellationToken cancellationToken)
    {
        // WITH TIES: keys that changed together share a version, and a page never ends between them. The version of
        // the feed is of the same snapshot, so a gateway sees it go back when the database was restored.
        await using var command = database.Command(
            """
            SELECT feed.version AS feed_version, k.*
            FROM feed LEFT JOIN (
                SELECT i.id, i.hash, i.connection, i.strict, i.origins, i.revoked_at IS NULL AS live, c.org,
                    i.changed_version
                FROM ingest_keys i JOIN connections c ON c.id = i.connection
                WHERE i.changed_version > $1 AND ($1 > 0 OR i.revoked_at IS NULL)
                ORDER BY i.changed_version FETCH FIRST ($2) ROWS WITH TIES) k ON true
            ORDER BY k.changed_version
            """,
            after,
            PageSize
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var (keys, version, last) = (new List<IngestKeyEntry>(), 0L, 0L);
        while (await reader.ReadAsync(cancellationToken))
        {
            version = (long)reader["feed_version"];
            if (reader["id"] is Guid id)
            {
                last = (long)reader["changed_version"];
                keys.Add(
                    new IngestKeyEntry(
                        id.ToString(),
                        (string)reader["hash"],
                        ConnectionId.Parse((string)reader["connection"]),
                        (bool)reader["strict"],
                        (bool)reader["live"],
                        reader.TextOrNull("org"),
                        reader["origins"] is string[] { Length: > 0 } origins ? origins : null
                    )
                );
            }
        }

        var more = keys.Count >= PageSize;
        return new IngestKeyPage(more ? last : version, more, keys);
    }
}
