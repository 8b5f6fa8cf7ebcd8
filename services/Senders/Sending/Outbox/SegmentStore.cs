using Npgsql;
using NpgsqlTypes;

namespace Partner.Sending.Outbox;

/// <summary>Reading segments back, and ending them.</summary>
internal sealed class SegmentStore(NpgsqlDataSource database)
{
    private const int MaxRows = 256;

    /// <summary>
    /// The lane's next segments after <paramref name="after"/>, as many as fit the bytes and at least one. Torn ones
    /// are set aside (F21).
    /// </summary>
    public async Task<(List<Segment> Segments, List<long> Torn, long LastId, bool More)> ReadAsync(
        ConnectionId connection,
        long epoch,
        long after,
        long bytes,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.Command(
            """
            SELECT id, variant, items, raw_bytes, oldest_at, accepted_at, links, possible_duplicates, checksum, body,
                replay IS NOT NULL
            FROM (
                SELECT *, sum(raw_bytes) OVER (ORDER BY id) AS total FROM (
                    SELECT * FROM segments
                    WHERE connection = $1 AND epoch = $2 AND id > $3 AND quarantined_at IS NULL
                    ORDER BY id LIMIT $5) AS next) AS summed
            WHERE total - raw_bytes < $4
            ORDER BY id
            """,
            connection.Text,
            epoch,
            after,
            bytes,
            MaxRows
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var (segments, torn, last, total) = (new List<Segment>(), new List<long>(), after, 0L);
        while (await reader.ReadAsync(cancellationToken))
        {
            last = reader.GetInt64(0);
            total += reader.GetInt32(3);
            if (Read(reader, connection, epoch) is { } segment)
            {
                segments.Add(segment);
            }
            else
            {
                torn.Add(last);
            }
        }

        return (segments, torn, last, total >= bytes || segments.Count + torn.Count == MaxRows);
    }

    /// <summary>These of the lane, in their order; of those that are not this epoch's any more none.</summary>
    public async Task<(List<Segment> Segments, List<long> Torn)> ReadSomeAsync(
        ConnectionId connection,
        long epoch,
        IReadOnlyList<long> ids,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.Command(
            """
            SELECT id, variant, items, raw_bytes, oldest_at, accepted_at, links, possible_duplicates, checksum, body,
                replay IS NOT NULL
            FROM segments WHERE id = ANY ($3) AND connection = $1 AND epoch = $2 AND quarantined_at IS NULL
            ORDER BY id
            """,
            connection.Text,
            epoch,
            ids.ToArray()
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var (segments, torn) = (new List<Segment>(), new List<long>());
        while (await reader.ReadAsync(cancellationToken))
        {
            if (Read(reader, connection, epoch) is { } segment)
            {
                segments.Add(segment);
            }
            else
            {
                torn.Add(reader.GetInt64(0));
            }
        }

        return (segments, torn);
    }

    public Task QuarantineAsync(IReadOnlyList<long> ids, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "UPDATE segments SET quarantined_at = now() WHERE id = ANY ($1)",
            cancellationToken,
            ids.ToArray()
        );

    /// <summary>
    /// Ends segments and counts them, all in one statement: only those that are still of their epoch, so that a segment
    /// that another instance has claimed is neither deleted nor counted here.
    /// </summary>
    public async Task<int> EndAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        var dead = settlements.SelectMany(s => s.Dead.Select(letter => (s.Segment.Id, Letter: letter))).ToList();
        return await database
            .Command(
                """
                WITH ending AS (
                    SELECT * FROM unnest($1, $2, $3, $4, $5) AS e (id, epoch, delivered, dead, duplicates)),
                gone AS (
                    DELETE FROM segments s USING ending e WHERE s.id = e.id AND s.epoch = e.epoch
                    RETURNING s.id, s.connection, e.epoch, e.delivered, e.dead, e.duplicates),
                letters AS (
                    INSERT INTO dead_letters (connection, reason, detail, variant, item_at, item)
                    SELECT gone.connection, l.reason, l.detail, l.variant, l.item_at, l.item
                    FROM unnest($6, $7, $8, $9, $10, $11) AS l (id, reason, detail, variant, item_at, item)
                    JOIN gone ON gone.id = l.id),
                counted AS (
                    INSERT INTO settled AS t (connection, epoch, delivered, dead_lettered, possible_duplicates)
                    SELECT connection, epoch, sum(delivered), sum(dead), sum(duplicates)
                    FROM gone GROUP BY connection, epoch ORDER BY connection, epoch
                    ON CONFLICT (connection, epoch) DO UPDATE
                    SET delivered = t.delivered + excluded.delivered, dead_lettered = t.dead_lettered + excluded.dead_lettered,
                        possible_duplicates = t.possible_duplicates + excluded.possible_duplicates)
                SELECT count(*)::integer FROM gone
                """,
                Sql.ArrayOf(settlements.Select(s => s.Segment.Id), NpgsqlDbType.Bigint),
                Sql.ArrayOf(settlements.Select(s => s.Segment.Epoch), NpgsqlDbType.Bigint),
                Sql.ArrayOf(settlements.Select(s => (long)s.Delivered), NpgsqlDbType.Bigint),
                Sql.ArrayOf(settlements.Select(s => (long)s.Dead.Count), NpgsqlDbType.Bigint),
                Sql.ArrayOf(settlements.Select(s => (long)s.Segment.PossibleDuplicates), NpgsqlDbType.Bigint),
                Sql.ArrayOf(dead.Select(d => d.Id), NpgsqlDbType.Bigint),
                Sql.ArrayOf(dead.Select(d => d.Letter.Reason.Text()), NpgsqlDbType.Text),
                Sql.ArrayOf(dead.Select(d => DeadLetterSql.Storable(d.Letter.Detail)), NpgsqlDbType.Text),
                Sql.ArrayOf(dead.Select(d => d.Letter.Variant), NpgsqlDbType.Text),
                Sql.ArrayOf(dead.Select(d => d.Letter.ItemAt), NpgsqlDbType.Bigint),
                Sql.ArrayOf(dead.Select(d => d.Letter.Item), NpgsqlDbType.Bytea)
            )
            .ScalarAsync<int>(cancellationToken);
    }

    /// <summary>
    /// As <see cref="EndAsync"/> for a segment of which a part remains: the row is rewritten to that part.
    /// </summary>
    public async Task<bool> ShrinkAsync(Settlement settlement, Segment remaining, CancellationToken cancellationToken)
    {
        var stored = SegmentCodec.Encode(remaining);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // The last two are as it was: so that a repetition after a lost answer counts nothing twice.
        var shrunk = await connection.ExecuteAsync(
            """
            UPDATE segments SET items = $3, raw_bytes = $4, oldest_at = $5, possible_duplicates = $6, checksum = $7, body = $8
            WHERE id = $1 AND epoch = $2 AND items = $9 AND possible_duplicates = $10
            """,
            cancellationToken,
            remaining.Id,
            remaining.Epoch,
            remaining.Items,
            remaining.Raw.Length,
            remaining.OldestAt,
            remaining.PossibleDuplicates,
            stored.Checksum,
            stored.Body,
            settlement.Segment.Items,
            settlement.Segment.PossibleDuplicates
        );
        if (shrunk == 0)
        {
            return false;
        }

        await using var counts = new NpgsqlBatch(connection);
        counts.BatchCommands.Add(Count(settlement));
        if (settlement.Dead.Count > 0)
        {
            counts.BatchCommands.Add(DeadLetterSql.Insert(settlement.Dead));
        }

        await counts.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private static NpgsqlBatchCommand Count(Settlement settlement) =>
        Sql.BatchCommand(
            """
            INSERT INTO settled AS t (connection, epoch, delivered, dead_lettered, possible_duplicates) VALUES ($1, $2, $3, $4, 0)
            ON CONFLICT (connection, epoch) DO UPDATE
            SET delivered = t.delivered + excluded.delivered, dead_lettered = t.dead_lettered + excluded.dead_lettered
            """,
            settlement.Segment.Connection.Text,
            settlement.Segment.Epoch,
            (long)settlement.Delivered,
            (long)settlement.Dead.Count
        );

    private static Segment? Read(NpgsqlDataReader reader, ConnectionId connection, long epoch)
    {
        var (variant, body) = (reader.GetString(1), reader.GetFieldValue<byte[]>(9));
        return SegmentCodec.Decode(connection, variant, body, reader.GetInt32(8), reader.GetInt32(3)) is { } raw
            ? new Segment
            {
                Id = reader.GetInt64(0),
                Epoch = epoch,
                Connection = connection,
                Variant = variant,
                Items = reader.GetInt32(2),
                Raw = raw,
                OldestAt = reader.GetInt64(4),
                AcceptedAt = reader.GetFieldValue<DateTimeOffset>(5),
                Links = reader.GetString(6),
                PossibleDuplicates = reader.GetInt32(7),
                IsReplay = reader.GetBoolean(10),
            }
            : null;
    }
}

/// <summary>The outcome of a segment, or of the part of it that is done.</summary>
/// <param name="Remaining">The part still to be sent; null when the segment is over.</param>
internal sealed record Settlement(
    Segment Segment,
    int Delivered,
    IReadOnlyList<DeadLetter> Dead,
    Segment? Remaining = null
)
{
    /// <summary>More than a deletion and counters that there are.</summary>
    public bool NeedsRoom => Dead.Count > 0 || Remaining is not null;
}
