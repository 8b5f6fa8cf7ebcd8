using Npgsql;
using NpgsqlTypes;

namespace Partner.Sending.Deduplication;

/// <summary>The requests that were stored within the last minute, by whichever instance. Time is the database's.</summary>
internal sealed class DeduplicationStore(NpgsqlDataSource database)
{
    /// <summary>How long a request that comes again is a repetition; dd-trace gives up after five times 2 s.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private const string Table = "deduplication_ids";

    /// <summary>Another commit has stored one of the requests, and nothing of this one was stored.</summary>
    public static bool IsTaken(PostgresException exception) =>
        exception is { SqlState: PostgresErrorCodes.NotNullViolation, TableName: Table };

    /// <summary>Of these, those that are stored.</summary>
    public async Task<HashSet<DeduplicationId>> FindTakenAsync(
        IReadOnlyCollection<DeduplicationId> ids,
        CancellationToken cancellationToken
    )
    {
        if (ids.Count == 0)
        {
            return [];
        }

        var taken = await database
            .Command(
                """
                SELECT connection, id FROM deduplication_ids JOIN unnest($1, $2) AS n (connection, id) USING (connection, id)
                WHERE created_at > now() - $3
                """,
                [.. Columns(ids), Interval]
            )
            .ReadAllAsync(
                reader => DeduplicationId.Read(reader.GetString(0), reader.GetFieldValue<byte[]>(1)),
                cancellationToken
            );
        return [.. taken];
    }

    /// <summary>Removes some that are too old; another instance skips those being removed.</summary>
    public Task<int> PruneAsync(int most, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            DELETE FROM deduplication_ids WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM deduplication_ids WHERE created_at <= now() - $2
                ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED))
            """,
            cancellationToken,
            most,
            Interval
        );

    /// <summary>
    /// For the commit of what these requests brought: fails it if one is stored. It waits for a commit of another
    /// instance that brings the same, in the ids' order, so that two never wait for each other crosswise.
    /// </summary>
    internal static NpgsqlBatchCommand Keep(IReadOnlyCollection<DeduplicationId> ids) =>
        Sql.BatchCommand(
            """
            INSERT INTO deduplication_ids AS d (connection, id) SELECT * FROM unnest($1, $2)
            ON CONFLICT (connection, id) DO UPDATE
            SET created_at = CASE WHEN d.created_at <= now() - $3 THEN now() END
            """,
            [.. Columns(ids.OrderBy(id => id.Connection.Text, StringComparer.Ordinal).ThenBy(id => id.Hash)), Interval]
        );

    private static object[] Columns(IEnumerable<DeduplicationId> ids) =>
        [
            Sql.ArrayOf(ids.Select(id => id.Connection.Text), NpgsqlDbType.Text),
            Sql.ArrayOf(ids.Select(id => id.ToBytes()), NpgsqlDbType.Bytea),
        ];
}
