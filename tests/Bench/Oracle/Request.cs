using Partner.Bench.Load;

namespace Partner.Bench.Oracle;

internal enum Answer
{
    /// <summary>No answer, or one that says nothing about what was done: it may arrive, and need not.</summary>
    Unknown,
    Acked,
    Refused,
}

/// <summary>A request and what became of each of its items.</summary>
internal sealed class Request(int connection, ulong[] hashes, long scheduledAt, Phase phase)
{
    /// <summary>How often each item has arrived.</summary>
    public readonly byte[] Arrivals = new byte[hashes.Length];

    public int Connection => connection;

    public ulong[] Hashes => hashes;

    /// <summary>Of a Stopwatch: when it was to be sent, whenever it was.</summary>
    public long ScheduledAt => scheduledAt;

    public Phase Phase => phase;

    public Answer Answer { get; set; }
}
