using System.Data;
using System.Text;
using Npgsql;
using NpgsqlTypes;
using Partner.Sending.Accept;
using Partner.Sending.Deduplication;
using Partner.Sending.Series;

namespace Partner.Sending.Outbox;

/// <summary>
/// Writes one group commit: segments, letters that were dead on arrival, counters, and what is kept of the requests. One
/// round trip, which is one implicit transaction (an NpgsqlBatch ends in a single Sync).
/// </summary>
internal sealed class AppendStore(NpgsqlDataSource database)
{
    public Task<long> NextIdBlockAsync(CancellationToken cancellationToken) =>
        database.Command("SELECT nextval('segment_ids')").ScalarAsync<long>(cancellationToken);

    public async Task AppendAsync(
        NpgsqlConnection connection,
        long epoch,
        AppendRows rows,
        TimeSpan timeout,
        bool durable,
        CancellationToken cancellationToken
    )
    {
        await using var batch = new NpgsqlBatch(connection) { Timeout = (int)Math.Ceiling(timeout.TotalSeconds) };
        if (durable)
        {
            // Regardless of the session's default: a role's setting may change between the check and now.
            batch.BatchCommands.Add(new("SELECT set_config('synchronous_commit', 'on', true)"));
        }

        // First, so that nothing is written in vain where one is taken.
        foreach (var command in rows.Kept.Count > 0 ? IdempotencyStore.Keep(rows.Kept) : [])
        {
            batch.BatchCommands.Add(command);
        }

        if (rows.Deduplication.Count > 0)
        {
            batch.BatchCommands.Add(DeduplicationStore.Keep(rows.Deduplication));
        }

        foreach (var command in rows.Series.Count > 0 ? SeriesStore.Keep(rows.Series) : [])
        {
            batch.BatchCommands.Add(command);
        }

        if (rows.Segments.Count > 0)
        {
            batch.BatchCommands.Add(InsertSegments(rows.Segments));
        }

        if (rows.Dead.Count > 0)
        {
            batch.BatchCommands.Add(DeadLetterSql.Insert(rows.Dead));
        }

        if (rows.Segments.Count + rows.Dead.Count > 0)
        {
            batch.BatchCommands.Add(CountAccepted(epoch, rows.Segments, rows.Dead));
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    internal static NpgsqlBatchCommand InsertSegments(IReadOnlyList<StoredSegment> segments) =>
        Sql.BatchCommand(
            """
            INSERT INTO segments (id, epoch, connection, variant, items, raw_bytes, oldest_at, accepted_at, links, checksum, body)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """,
            Sql.ArrayOf(segments.Select(s => s.Segment.Id), NpgsqlDbType.Bigint),
            Sql.ArrayOf(segments.Select(s => s.Segment.Epoch), NpgsqlDbType.Bigint),
            Sql.ArrayOf(segments.Select(s => s.Segment.Connection.Text), NpgsqlDbType.Text),
            Sql.ArrayOf(segments.Select(s => s.Segment.Variant), NpgsqlDbType.Text),
            Sql.ArrayOf(segments.Select(s => s.Segment.Items), NpgsqlDbType.Integer),
            Sql.ArrayOf(segments.Select(s => s.Segment.Raw.Length), NpgsqlDbType.Integer),
            Sql.ArrayOf(segments.Select(s => s.Segment.OldestAt), NpgsqlDbType.Bigint),
            Sql.ArrayOf(segments.Select(s => s.Segment.AcceptedAt.UtcDateTime), NpgsqlDbType.TimestampTz),
            Sql.ArrayOf(segments.Select(s => s.Segment.Links), NpgsqlDbType.Text),
            Sql.ArrayOf(segments.Select(s => s.Checksum), NpgsqlDbType.Integer),
            Sql.ArrayOf(segments.Select(s => s.Body), NpgsqlDbType.Bytea)
        );

    // In the connections' order, so that two commits of one epoch could never wait for each other crosswise.
    private static NpgsqlBatchCommand CountAccepted(
        long epoch,
        IReadOnlyList<StoredSegment> segments,
        IReadOnlyList<DeadLetter> dead
    )
    {
        var counts = segments
            .Select(s => (s.Segment.Connection, s.Segment.Items, Dead: 0))
            .Concat(dead.Select(d => (d.Connection, Items: 1, Dead: 1)))
            .GroupBy(c => c.Connection.Text)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .ToList();
        return Sql.BatchCommand(
            """
            INSERT INTO accepted AS a (connection, epoch, items, dead_lettered)
            SELECT connection, $4, items, dead FROM unnest($1, $2, $3) AS n (connection, items, dead)
            ON CONFLICT (connection, epoch) DO UPDATE
            SET items = a.items + excluded.items, dead_lettered = a.dead_lettered + excluded.dead_lettered
            """,
            Sql.ArrayOf(counts.Select(g => g.Key), NpgsqlDbType.Text),
            Sql.ArrayOf(counts.Select(g => g.Sum(c => (long)c.Items)), NpgsqlDbType.Bigint),
            Sql.ArrayOf(counts.Select(g => g.Sum(c => (long)c.Dead)), NpgsqlDbType.Bigint),
            epoch
        );
    }
}

/// <summary>What one group commit writes.</summary>
internal sealed record AppendRows(IReadOnlyList<StoredSegment> Segments, IReadOnlyList<DeadLetter> Dead)
{
    public IReadOnlyList<KeptAnswer> Kept { get; init; } = [];

    public IReadOnlyList<DeduplicationId> Deduplication { get; init; } = [];

    public IReadOnlyCollection<(ConnectionId Connection, SeriesPoints Points)> Series { get; init; } = [];
}

internal static class DeadLetterSql
{
    // Words about an item may quote it, and no text of it is to keep a commit or a settlement from being written:
    // Postgres takes no U+0000, and Npgsql no half of a surrogate pair.
    internal static string Storable(string text) =>
        Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', '\ufffd');

    public static NpgsqlBatchCommand Insert(IReadOnlyList<DeadLetter> dead) =>
        Sql.BatchCommand(
            """
            INSERT INTO dead_letters (connection, reason, detail, variant, item_at, item)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
            """,
            Sql.ArrayOf(dead.Select(d => d.Connection.Text), NpgsqlDbType.Text),
            Sql.ArrayOf(dead.Select(d => d.Reason.Text()), NpgsqlDbType.Text),
            Sql.ArrayOf(dead.Select(d => Storable(d.Detail)), NpgsqlDbType.Text),
            Sql.ArrayOf(dead.Select(d => d.Variant), NpgsqlDbType.Text),
            Sql.ArrayOf(dead.Select(d => d.ItemAt), NpgsqlDbType.Bigint),
            Sql.ArrayOf(dead.Select(d => d.Item), NpgsqlDbType.Bytea)
        );
}
