using Npgsql;

namespace Partner.Sending;

/// <summary>Answers people's questions about a connection's data.</summary>
internal sealed class DeliveriesStore(NpgsqlDataSource database)
{
    public async Task<DeliveryCounts> CountAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        await using var command = database.Command(
            """
            SELECT a.items, coalesce(s.delivered, 0), a.dead + coalesce(s.dead, 0) - coalesce(s.replayed, 0), coalesce(s.duplicates, 0),
                b.items, b.segments, b.oldest, b.quarantined,
                k.suspect_from, k.suspect_to, coalesce(k.suspect_items, coalesce(s.delivered, 0) - k.delivered),
                b.bytes
            FROM (SELECT coalesce(sum(items), 0)::bigint AS items, coalesce(sum(dead_lettered), 0)::bigint AS dead
                  FROM accepted WHERE connection = $1) AS a,
                 (SELECT sum(delivered)::bigint AS delivered, sum(dead_lettered)::bigint AS dead,
                         sum(replayed)::bigint AS replayed, sum(possible_duplicates)::bigint AS duplicates
                  FROM settled WHERE connection = $1) AS s,
                 (SELECT coalesce(sum(items) FILTER (WHERE quarantined_at IS NULL), 0)::bigint AS items,
                         count(*) FILTER (WHERE quarantined_at IS NULL) AS segments,
                         min(accepted_at) FILTER (WHERE quarantined_at IS NULL) AS oldest,
                         coalesce(sum(raw_bytes) FILTER (WHERE quarantined_at IS NULL), 0)::bigint AS bytes,
                         coalesce(sum(items) FILTER (WHERE quarantined_at IS NOT NULL), 0)::bigint AS quarantined
                  FROM segments WHERE connection = $1) AS b
                 LEFT JOIN key_checks AS k ON k.connection = $1
            """,
            connection.Text
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new DeliveryCounts(
            reader.GetInt64(0),
            reader.GetInt64(1),
            reader.GetInt64(2),
            reader.GetInt64(3),
            new BacklogView(
                reader.GetInt64(4),
                reader.GetInt64(5),
                reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6),
                reader.GetInt64(11)
            ),
            reader.GetInt64(7),
            reader.IsDBNull(8)
                ? null
                : new SuspectView(
                    reader.GetFieldValue<DateTimeOffset>(8),
                    reader.GetFieldValue<DateTimeOffset>(9),
                    reader.GetInt64(10)
                )
        );
    }
}

internal sealed record DeliveryCounts(
    long Accepted,
    long Delivered,
    long DeadLetters,
    long PossibleDuplicates,
    BacklogView Backlog,
    long Quarantined,
    SuspectView? Suspect
);
