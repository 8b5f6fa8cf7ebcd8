using Npgsql;
using NpgsqlTypes;
using Partner.Contracts;
using Partner.Sending.Outbox;

namespace Partner.Sending.DeadLetters;

/// <summary>What a step of a replay writes.</summary>
internal static class ReplaySql
{
    public static NpgsqlBatchCommand MarkSegments(long replay, IReadOnlyList<StoredSegment> segments) =>
        new("UPDATE segments SET replay = $1 WHERE id = ANY ($2)")
        {
            Parameters =
            {
                new() { Value = replay },
                AppendStore.Array(segments.Select(s => s.Segment.Id), NpgsqlDbType.Bigint),
            },
        };

    /// <summary>They are dead letters no more: what was accepted is again delivered, backlog or dead, and nothing twice.</summary>
    public static NpgsqlBatchCommand Count(ConnectionId connection, long epoch, int letters) =>
        new(
            """
            INSERT INTO settled AS t (connection, epoch, delivered, dead_lettered, possible_duplicates, replayed)
            VALUES ($1, $2, 0, 0, 0, $3)
            ON CONFLICT (connection, epoch) DO UPDATE SET replayed = t.replayed + excluded.replayed
            """
        )
        {
            Parameters =
            {
                new() { Value = connection.Text },
                new() { Value = epoch },
                new() { Value = (long)letters },
            },
        };

    public static NpgsqlBatchCommand Advance(long replay, IReadOnlyList<Candidate> next, int letters) =>
        new(
            $"""
            UPDATE replays SET position = greatest(position, $2), replayed = replayed + $3, refused_expired = refused_expired + $4,
                refused_future = refused_future + $5, updated_at = now(){(next.Count == 0 ? ", state = 'done'" : "")}
            WHERE id = $1
            """
        )
        {
            Parameters =
            {
                new() { Value = replay },
                new() { Value = next.Count == 0 ? 0 : next[^1].Id },
                new() { Value = (long)letters },
                new() { Value = (long)next.Count(c => c.Refusal == ReplayRefusal.Expired) },
                new() { Value = (long)next.Count(c => c.Refusal == ReplayRefusal.Future) },
            },
        };
}
