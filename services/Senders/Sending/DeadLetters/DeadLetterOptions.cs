using System.ComponentModel.DataAnnotations;
using Partner.Sending.Outbox;

namespace Partner.Sending.DeadLetters;

/// <summary>Dead letters and their replay.</summary>
internal sealed class DeadLetterOptions
{
    public const string SectionName = "DeadLetters";

    /// <summary>Older ones are removed, replayed or not, and counted.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00")]
    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(30);

    /// <summary>
    /// The bytes that a connection's dead letters may take: their items, Datadog's words and 200 bytes each. Beyond,
    /// its oldest are removed, replayed or not (F22).
    /// </summary>
    [Range(1_000, 1_000_000_000_000_000)]
    public long MaxConnectionBytes { get; init; } = 256L << 20;

    /// <summary>
    /// The bytes that all may take. Beyond, the connections that hold most give up their oldest. Together with
    /// <see cref="OutboxOptions.MaxBacklogBytes"/> to be set below what the database's disk holds.
    /// </summary>
    [Range(1_000, 1_000_000_000_000_000)]
    public long MaxBytes { get; init; } = 8L << 30;

    /// <summary>Removed at once.</summary>
    [Range(1, 100_000)]
    public int RemovedAtOnce { get; init; } = 2_000;

    /// <summary>Letters of one step of a replay, at most 1 MB of them.</summary>
    [Range(1, Segment.MaxItems)]
    public int ReplayBatch { get; init; } = Segment.MaxItems;

    /// <summary>Replayed segments of a connection that may wait at once: live data finds no more than these before it.</summary>
    [Range(1, 100)]
    public int ReplayWindow { get; init; } = 2;

    /// <summary>Live data of the connection that has waited for longer is backlog, and its replays wait for it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan LiveBacklog { get; init; } = TimeSpan.FromSeconds(2);
}
