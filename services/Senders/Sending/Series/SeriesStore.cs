using System.Buffers.Binary;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Partner.Sending.Series;

/// <summary>The last points in the database.</summary>
internal sealed class SeriesStore(NpgsqlDataSource database, SeriesQuota quota, IOptions<SeriesOptions> options)
{
    private const string Follow = "series_points_follow";
    private const long NanosecondsOfMillisecond = 1_000_000;

    // What a connection's first series have counted for longer may have been sent elsewhere.
    private static readonly TimeSpan FirstReach = TimeSpan.FromHours(1);

    /// <summary>A point of the commit does not follow on the one that is stored; nothing was stored.</summary>
    public static bool IsOvertaken(PostgresException exception) =>
        exception is { SqlState: PostgresErrorCodes.CheckViolation, ConstraintName: Follow };

    public async Task<SeriesPoints> FindAsync(
        ConnectionId connection,
        IReadOnlyCollection<SeriesKey> keys,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        // In this order: a series that is forgotten in between is below the floor.
        var stored = await ReadAsync(connection, keys, cancellationToken);
        var floor = await database
            .Command("SELECT floor FROM series_floors WHERE connection = $1", connection.Text)
            .ScalarAsync<long?>(cancellationToken);
        return new SeriesPoints(
            stored.ToDictionary(point => point.Key),
            floor ?? ((now - FirstReach).ToUnixTimeMilliseconds() * NanosecondsOfMillisecond),
            await quota.RoomAsync(connection, cancellationToken)
        )
        {
            Days = options.Value.Days,
        };
    }

    /// <summary>Those series in which a stored point has overtaken a request's.</summary>
    public async Task<HashSet<(ConnectionId, SeriesKey)>> FindOvertakenAsync(
        IReadOnlyCollection<(ConnectionId Connection, SeriesPoints Points)> requests,
        CancellationToken cancellationToken
    )
    {
        var rows = RowsOf(requests);
        await using var command = database.Command(
            """
            SELECT p.connection, p.series FROM series_points p
            JOIN unnest($1, $2, $3) AS n (connection, series, follows) USING (connection, series)
            WHERE p.at <> n.follows
            """,
            Sql.ArrayOf(rows.Select(row => row.Connection.Text), NpgsqlDbType.Text),
            Sql.ArrayOf(rows.Select(row => BytesOf(row.Point.Key)), NpgsqlDbType.Bytea),
            Sql.ArrayOf(rows.Select(row => row.Follows), NpgsqlDbType.Bigint)
        );
        var overtaken = await command.ReadAllAsync(
            reader => (ConnectionId.Parse(reader.GetString(0)), KeyOf(reader, 1)),
            cancellationToken
        );
        return [.. overtaken];
    }

    /// <summary>
    /// Forgets some series without points for long; another instance skips those being removed. What returns of them
    /// later begins below the floor.
    /// </summary>
    public Task<long> PruneAsync(int most, CancellationToken cancellationToken) =>
        database
            .Command(
                """
                WITH gone AS (
                    DELETE FROM series_points WHERE ctid = ANY (ARRAY(
                        SELECT ctid FROM series_points WHERE day < current_date - $2
                        ORDER BY day LIMIT $1 FOR UPDATE SKIP LOCKED))
                    RETURNING connection, started),
                raised AS (
                    UPDATE series_floors f SET floor = greatest(f.floor, newest.started)
                    FROM (SELECT connection, max(started) AS started FROM gone GROUP BY connection) newest
                    WHERE f.connection = newest.connection)
                SELECT count(*) FROM gone
                """,
                most,
                options.Value.Days
            )
            .ScalarAsync<long>(cancellationToken);

    /// <summary>
    /// For the commit of what these points brought: fails it if one was overtaken. In the series' order, so that two
    /// commits never wait for each other crosswise.
    /// </summary>
    internal static IEnumerable<NpgsqlBatchCommand> Keep(
        IReadOnlyCollection<(ConnectionId Connection, SeriesPoints Points)> requests
    )
    {
        var rows = RowsOf(requests);
        var floors = requests
            .Where(request => request.Points.Changes.Any(change => change.Point.Started != SeriesPoint.NotCumulative))
            .GroupBy(request => request.Connection.Text)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .ToList();
        return
        [
            Sql.BatchCommand(
                "INSERT INTO series_floors SELECT * FROM unnest($1, $2) ON CONFLICT DO NOTHING",
                Sql.ArrayOf(floors.Select(group => group.Key), NpgsqlDbType.Text),
                Sql.ArrayOf(floors.Select(group => group.Min(request => request.Points.Floor)), NpgsqlDbType.Bigint)
            ),
            Sql.BatchCommand(
                """
                INSERT INTO series_points AS p (connection, series, started, at, follows, point, day)
                SELECT connection, series, started, at, follows, point, current_date - ago
                FROM unnest($1, $2, $3, $4, $5, $6, $7) AS n (connection, series, started, at, follows, point, ago)
                ON CONFLICT (connection, series) DO UPDATE
                SET at = excluded.at, point = excluded.point, day = excluded.day,
                    follows = CASE WHEN p.at = excluded.follows THEN excluded.follows ELSE -1 END
                """,
                Sql.ArrayOf(rows.Select(row => row.Connection.Text), NpgsqlDbType.Text),
                Sql.ArrayOf(rows.Select(row => BytesOf(row.Point.Key)), NpgsqlDbType.Bytea),
                Sql.ArrayOf(rows.Select(row => row.Point.Started), NpgsqlDbType.Bigint),
                Sql.ArrayOf(rows.Select(row => row.Point.At), NpgsqlDbType.Bigint),
                Sql.ArrayOf(rows.Select(row => row.Follows), NpgsqlDbType.Bigint),
                Sql.ArrayOf(rows.Select(row => row.Point.Bytes.ToArray()), NpgsqlDbType.Bytea),
                Sql.ArrayOf(rows.Select(row => row.Ago), NpgsqlDbType.Integer)
            ),
        ];
    }

    private Task<List<SeriesPoint>> ReadAsync(
        ConnectionId connection,
        IReadOnlyCollection<SeriesKey> keys,
        CancellationToken cancellationToken
    ) =>
        database
            .Command(
                "SELECT series, started, at, point FROM series_points WHERE connection = $1 AND series = ANY ($2)",
                connection.Text,
                Sql.ArrayOf(keys.Select(BytesOf), NpgsqlDbType.Bytea)
            )
            .ReadAllAsync(
                reader => new SeriesPoint(
                    KeyOf(reader, 0),
                    reader.GetInt64(1),
                    reader.GetInt64(2),
                    reader.GetFieldValue<byte[]>(3)
                ),
                cancellationToken
            );

    // A point that is not cumulative is of use for minutes, so it is forgotten a day later and not after all the others.
    private static List<(ConnectionId Connection, SeriesPoint Point, long Follows, int Ago)> RowsOf(
        IEnumerable<(ConnectionId Connection, SeriesPoints Points)> requests
    ) =>
        [
            .. requests
                .SelectMany(request =>
                    request.Points.Changes.Select(change =>
                        (
                            request.Connection,
                            change.Point,
                            change.Follows,
                            change.Point.Started == SeriesPoint.NotCumulative ? request.Points.Days - 1 : 0
                        )
                    )
                )
                .OrderBy(row => row.Connection.Text, StringComparer.Ordinal)
                .ThenBy(row => row.Point.Key.Hash),
        ];

    private static SeriesKey KeyOf(NpgsqlDataReader reader, int ordinal) =>
        new(BinaryPrimitives.ReadUInt128BigEndian(reader.GetFieldValue<byte[]>(ordinal)));

    private static byte[] BytesOf(SeriesKey key)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, key.Hash);
        return bytes;
    }
}
