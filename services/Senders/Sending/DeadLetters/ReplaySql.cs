using Npgsql;
using NpgsqlTypes;
using Partner.Sending.Outbox;

namespace Partner.Sending.DeadLetters;

/// <summary>The writes of a step of a replay.</summary>
internal static class ReplaySql
{
    public static NpgsqlBatchCommand MarkSegments(long replay, IReadOnlyList<StoredSegment> segments) =>
        Sql.BatchCommand(
            "UPDATE segments SET replay = $1 WHERE id = ANY ($2)",
            replay,
            Sql.ArrayOf(segments.Select(s => s.Segment.Id), NpgsqlDbType.Bigint)
        );

    /// <summary>
    /// They are dead letters no more: each accepted item is again delivered, backlog or dead, and none twice.
    /// </summary>
    public static NpgsqlBatchCommand Count(ConnectionId connection, long epoch, int letters) =>
        Sql.BatchCommand(
            """
            INSERT INTO settled AS t (connection, epoch, delivered, dead_lettered, possible_duplicates, replayed)
            VALUES ($1, $2, 0, 0, 0, $3)
            ON CONFLICT (connection, epoch) DO UPDATE SET replayed = t.replayed + excluded.replayed
            """,
            connection.Text,
            epoch,
            (long)letters
        );

    public static NpgsqlBatchCommand Advance(long replay, IReadOnlyList<Candidate> next, int letters) =>
        Sql.BatchCommand(
            $"""
            UPDATE replays SET position = greatest(position, $2), replayed = replayed + $3, refused_expired = refused_expired + $4,
                refused_future = refused_future + $5, updated_at = now(){(next.Count == 0 ? ", state = 'done'" : "")}
            WHERE id = $1
            """,
            replay,
            next.Count == 0 ? 0 : next[^1].Id,
            (long)letters,
            (long)next.Count(c => c.Refusal == ReplayRefusal.Expired),
            (long)next.Count(c => c.Refusal == ReplayRefusal.Future)
        );
}
