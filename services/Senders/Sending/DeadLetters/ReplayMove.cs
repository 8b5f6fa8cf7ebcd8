using Npgsql;
using Partner.Sending.Outbox;

namespace Partner.Sending.DeadLetters;

/// <summary>The outcome of one step of a replay.</summary>
internal enum ReplayStep
{
    /// <summary>Another transaction is at it, or it runs no more.</summary>
    NotOurs,

    /// <summary>Live data has backlog, or enough replayed segments are under way.</summary>
    Waits,

    Moved,

    Done,
}

/// <param name="First">The lowest id of the segments made; 0: none.</param>
internal sealed record Moved(ReplayStep Step, ConnectionId Connection, long First, int Letters, int Refused);

/// <summary>
/// One step of a replay, in one transaction under the lock of the replay's row: the next letters become segments of
/// this instance and are marked, or are refused, and the position moves. A crash undoes all of it or nothing; the next
/// instance reads the position.
/// </summary>
internal sealed class ReplayMove(
    NpgsqlDataSource database,
    AppendStore appends,
    DatabaseSafety safety,
    Sender sender,
    TimeProvider time
)
{
    private readonly SegmentIds _ids = new(appends);

    public async Task<Moved> StepAsync(
        long replay,
        long epoch,
        DeadLetterOptions options,
        CancellationToken cancellationToken
    )
    {
        // At most one segment per letter.
        await _ids.ReserveAsync(options.ReplayBatch, cancellationToken);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await TakeAsync(connection, replay, cancellationToken) is not { } job)
        {
            return new Moved(ReplayStep.NotOurs, default, 0, 0, 0);
        }

        if (await IsToWaitAsync(connection, job.Filter.Connection, options, cancellationToken))
        {
            return new Moved(ReplayStep.Waits, job.Filter.Connection, 0, 0, 0);
        }

        var next = await ReadNextAsync(connection, job, options.ReplayBatch, cancellationToken);
        var fit = next.Where(c => c.Refusal is null).Select(c => c.Id).ToArray();
        var segments =
            fit.Length == 0 ? [] : await MarkAsync(connection, job.Filter.Connection, fit, epoch, cancellationToken);
        var letters = segments.Sum(s => s.Segment.Items);
        await using (var batch = new NpgsqlBatch(connection))
        {
            if (safety.IsRequired)
            {
                // As for an append: acknowledged data must be on disk.
                batch.BatchCommands.Add(new("SELECT set_config('synchronous_commit', 'on', true)"));
            }

            if (segments.Count > 0)
            {
                batch.BatchCommands.Add(AppendStore.InsertSegments(segments));
                batch.BatchCommands.Add(ReplaySql.MarkSegments(replay, segments));
                batch.BatchCommands.Add(ReplaySql.Count(job.Filter.Connection, epoch, letters));
            }

            batch.BatchCommands.Add(ReplaySql.Advance(replay, next, letters));
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return new Moved(
            next.Count == 0 ? ReplayStep.Done : ReplayStep.Moved,
            job.Filter.Connection,
            segments.Count == 0 ? 0 : segments[0].Segment.Id,
            letters,
            next.Count - fit.Length
        );
    }

    private static async Task<ReplayJob?> TakeAsync(
        NpgsqlConnection connection,
        long replay,
        CancellationToken cancellationToken
    )
    {
        await using var command = connection.Command(
            """
            SELECT connection, position, until_id, ids, reason, from_at, to_at FROM replays
            WHERE id = $1 AND state = 'running' FOR UPDATE SKIP LOCKED
            """,
            replay
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var filter = new DeadLetterFilter(ConnectionId.Parse(reader.GetString(0)))
        {
            Ids = reader.IsDBNull(3) ? null : reader.GetFieldValue<long[]>(3),
            Reason = reader.IsDBNull(4) ? null : reader.GetString(4),
            From = reader.IsDBNull(5) ? null : reader.GetFieldValue<DateTimeOffset>(5),
            To = reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6),
            Replayed = false,
        };
        return new ReplayJob(filter, reader.GetInt64(1), reader.GetInt64(2));
    }

    // Of all instances, whichever serves the connection's live data.
    private Task<bool> IsToWaitAsync(
        NpgsqlConnection connection,
        ConnectionId of,
        DeadLetterOptions options,
        CancellationToken cancellationToken
    ) =>
        connection
            .Command(
                """
                SELECT (SELECT count(*) FROM (
                            SELECT FROM segments WHERE connection = $1 AND replay IS NOT NULL AND quarantined_at IS NULL LIMIT $3) AS waiting) >= $3
                    OR EXISTS (
                        SELECT FROM segments
                        WHERE connection = $1 AND replay IS NULL AND quarantined_at IS NULL AND accepted_at < $2)
                """,
                of.Text,
                (time.GetUtcNow() - options.LiveBacklog).UtcDateTime,
                options.ReplayWindow
            )
            .ScalarAsync<bool>(cancellationToken);

    /// <summary>The next letters in the order of their ids, as many as fit one segment; those refused cost nothing.</summary>
    private async Task<List<Candidate>> ReadNextAsync(
        NpgsqlConnection connection,
        ReplayJob job,
        int most,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand { Connection = connection };
        var where = job.Filter.Where(command);
        command.CommandText = $"""
            SELECT id, reason, item_at, octet_length(item), variant FROM dead_letters
            WHERE {where} AND id > {DeadLetterFilter.Add(command, job.Position)} AND id <= {DeadLetterFilter.Add(
                command,
                job.UntilId
            )}
            ORDER BY id LIMIT {DeadLetterFilter.Add(command, most)}
            """;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var (next, bytes, now) = (new List<Candidate>(), 0L, time.GetUtcNow());
        while (await reader.ReadAsync(cancellationToken))
        {
            var refusal = RefusalOf(reader.GetString(1), reader.GetInt64(2), reader.GetString(4), now);
            bytes += refusal is null ? reader.GetInt32(3) : 0;
            if (bytes > Segment.MaxBytes && next.Any(c => c.Refusal is null))
            {
                break;
            }

            next.Add(new Candidate(reader.GetInt64(0), refusal));
        }

        return next;
    }

    private ReplayRefusal? RefusalOf(string reason, long itemAt, string variant, DateTimeOffset now) =>
        itemAt == 0 ? null
        : itemAt < (now - sender.WindowOf(variant))?.ToUnixTimeMilliseconds() ? ReplayRefusal.Expired
        // The time is that of its earliest point, so this is the least that has to be true.
        : reason == DeadLetterReason.Future.Text() && itemAt > now.ToUnixTimeMilliseconds() ? ReplayRefusal.Future
        : null;

    /// <summary>Marks those that were not replayed or removed meanwhile, and makes segments of them.</summary>
    private async Task<List<StoredSegment>> MarkAsync(
        NpgsqlConnection connection,
        ConnectionId of,
        long[] ids,
        long epoch,
        CancellationToken cancellationToken
    )
    {
        var marked = await connection
            .Command(
                """
                UPDATE dead_letters SET replayed_at = now() WHERE id = ANY ($1) AND connection = $2 AND replayed_at IS NULL
                RETURNING id, variant, item_at, item
                """,
                ids,
                of.Text
            )
            .ReadAllAsync(
                reader =>
                    (
                        Id: reader.GetInt64(0),
                        Variant: reader.GetString(1),
                        At: reader.GetInt64(2),
                        Item: reader.GetFieldValue<byte[]>(3)
                    ),
                cancellationToken
            );

        var inputs = marked
            .OrderBy(m => m.Id)
            .GroupBy(m => m.Variant)
            .Select(group => InputOf(of, group.Key, [.. group.Select(m => (m.At, m.Item))]))
            .ToList();
        return SegmentBuilder.Build(
            inputs,
            epoch,
            time.GetUtcNow(),
            _ids.Next,
            Math.Min(Segment.MaxItems, sender.Limits.MaxBatchItems)
        );
    }

    private static SegmentInput InputOf(ConnectionId connection, string variant, List<(long At, byte[] Bytes)> letters)
    {
        var (bytes, items) = (new byte[letters.Sum(l => l.Bytes.Length)], new List<Item>(letters.Count));
        var position = 0;
        foreach (var (at, item) in letters)
        {
            item.CopyTo(bytes, position);
            items.Add(new Item(position, item.Length, at));
            position += item.Length;
        }

        return new SegmentInput(connection, variant, bytes, items);
    }
}

/// <summary>A replay as it stands.</summary>
internal sealed record ReplayJob(DeadLetterFilter Filter, long Position, long UntilId);

internal enum ReplayRefusal
{
    Expired,
    Future,
}

internal sealed record Candidate(long Id, ReplayRefusal? Refusal);
