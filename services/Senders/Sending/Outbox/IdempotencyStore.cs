using Npgsql;
using NpgsqlTypes;
using Partner.Sending.Accept;

namespace Partner.Sending.Outbox;

/// <summary>The answers that are kept for repetitions. Time is the database's.</summary>
internal sealed class IdempotencyStore(NpgsqlDataSource database)
{
    private const string PrimaryKey = "idempotency_keys_pkey";

    /// <summary>Another commit has one of the keys, and nothing of this one was stored.</summary>
    public static bool IsTaken(PostgresException exception) =>
        exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: PrimaryKey };

    public Task<KeptAnswer?> FindAsync(IdempotencyFingerprint request, CancellationToken cancellationToken) =>
        database
            .Command(
                """
                SELECT request_hash, status, content_type, answer, as_of FROM idempotency_keys
                WHERE connection = $1 AND path = $2 AND key_hash = $3 AND created_at > now() - interval '24 hours'
                """,
                request.Connection.Text,
                request.Path,
                request.KeyHash
            )
            .ReadFirstAsync(
                reader => new KeptAnswer(
                    request with
                    {
                        RequestHash = reader.GetFieldValue<byte[]>(0),
                    },
                    reader.GetInt32(1),
                    reader.GetString(2),
                    reader.GetString(3),
                    reader.IsDBNull(4) ? null : reader.GetFieldValue<DateTimeOffset>(4)
                ),
                cancellationToken
            );

    /// <summary>Of these keys, those that have an answer.</summary>
    public async Task<HashSet<(string Connection, string Path, string KeyHash)>> FindTakenAsync(
        IReadOnlyList<KeptAnswer> answers,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.Command(
            """
            SELECT connection, path, key_hash FROM idempotency_keys
            JOIN unnest($1, $2, $3) AS n (connection, path, key_hash) USING (connection, path, key_hash)
            """,
            Ids(answers)
        );
        var taken = await command.ReadAllAsync(
            reader => (reader.GetString(0), reader.GetString(1), reader.GetString(2)),
            cancellationToken
        );
        return [.. taken];
    }

    /// <summary>Removes some that are too old; another instance skips those being removed.</summary>
    public Task<int> PruneAsync(int most, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM idempotency_keys WHERE created_at <= now() - interval '24 hours'
                ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED))
            """,
            cancellationToken,
            most
        );

    /// <summary>
    /// For the commit of what these requests brought: fails it if a key is taken. In the keys' order, so that two
    /// commits never wait for each other crosswise.
    /// </summary>
    internal static IEnumerable<NpgsqlBatchCommand> Keep(IReadOnlyList<KeptAnswer> answers)
    {
        var sorted = answers.OrderBy(a => string.Join('\n', a.Request.Id), StringComparer.Ordinal).ToList();
        return
        [
            Sql.BatchCommand(
                """
                DELETE FROM idempotency_keys k USING unnest($1, $2, $3) AS n (connection, path, key_hash)
                WHERE k.connection = n.connection AND k.path = n.path AND k.key_hash = n.key_hash
                    AND k.created_at <= now() - interval '24 hours'
                """,
                Ids(sorted)
            ),
            Sql.BatchCommand(
                """
                INSERT INTO idempotency_keys (connection, path, key_hash, request_hash, status, content_type, answer, as_of)
                SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
                """,
                [
                    .. Ids(sorted),
                    Sql.ArrayOf(sorted.Select(a => a.Request.RequestHash), NpgsqlDbType.Bytea),
                    Sql.ArrayOf(sorted.Select(a => a.Status), NpgsqlDbType.Integer),
                    Sql.ArrayOf(sorted.Select(a => a.ContentType), NpgsqlDbType.Text),
                    Sql.ArrayOf(sorted.Select(a => a.Answer), NpgsqlDbType.Text),
                    Sql.ArrayOf(sorted.Select(a => a.AsOf?.UtcDateTime), NpgsqlDbType.TimestampTz),
                ]
            ),
        ];
    }

    private static object[] Ids(IReadOnlyList<KeptAnswer> answers) =>
        [
            Sql.ArrayOf(answers.Select(a => a.Request.Connection.Text), NpgsqlDbType.Text),
            Sql.ArrayOf(answers.Select(a => a.Request.Path), NpgsqlDbType.Text),
            Sql.ArrayOf(answers.Select(a => a.Request.KeyHash), NpgsqlDbType.Text),
        ];
}
