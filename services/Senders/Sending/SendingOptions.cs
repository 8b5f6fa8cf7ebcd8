using System.ComponentModel.DataAnnotations;

namespace Partner.Sending;

/// <summary>Accepting and the outbox.</summary>
internal sealed class OutboxOptions
{
    public const string SectionName = "Outbox";

    /// <summary>Starts on a database that may lose commits. Development only.</summary>
    public bool AllowUnsafeDatabase { get; init; }

    /// <summary>
    /// Request bodies held at once, and what is made of them while they are read; a request beyond is answered 503, and
    /// one that alone would take more than half of it 413 (F22, F31).
    /// </summary>
    [Range(1_000_000, 8_000_000_000)]
    public long MaxBufferedBytes { get; init; } = 256_000_000;

    /// <summary>
    /// Item bytes waiting for a commit; a request beyond is answered 503, and one that alone has more 413 (F22).
    /// </summary>
    [Range(1_000_000, 8_000_000_000)]
    public long MaxQueuedBytes { get; init; } = 64_000_000;

    /// <summary>Undelivered item bytes of one connection; a request beyond is answered 429 (F14, F22).</summary>
    [Range(1_000, 1_000_000_000_000_000)]
    public long MaxConnectionBacklogBytes { get; init; } = 4_000_000_000;

    /// <summary>
    /// Undelivered item bytes of all; a request beyond is answered 503 (F22). To be set below what the database's disk
    /// holds; stored they are smaller, for they are compressed.
    /// </summary>
    [Range(1_000, 1_000_000_000_000_000)]
    public long MaxBacklogBytes { get; init; } = 40_000_000_000;

    /// <summary>How often the backlog is measured in the database.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan BacklogLook { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A body that takes longer to come is answered 408 (F31).</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Item bytes of one commit.</summary>
    [Range(1_000_000, 64_000_000)]
    public int MaxCommitBytes { get; init; } = 8_000_000;

    /// <summary>After it the callers are answered 503, and the rows, if there are any, are backlog.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan CommitTimeout { get; init; } = TimeSpan.FromSeconds(10);

    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(10);

    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan Renewal { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a lease must have been seen to be over before its segments are claimed: when the database was away,
    /// all leases are over at once, and their holders get this long to renew them.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan ClaimDelay { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Segments claimed per look, so that survivors share.</summary>
    [Range(1, 100_000)]
    public int ClaimChunk { get; init; } = 500;
}

/// <summary>Lanes and deliveries.</summary>
internal sealed class DeliveryOptions
{
    public const string SectionName = "Delivery";

    /// <summary>Deliveries in flight.</summary>
    [Range(1, 4096)]
    public int Slots { get; init; } = 256;

    /// <summary>Of these, for lanes whose last delivery failed (F12, F13); half of it for those of one site.</summary>
    [Range(1, 4096)]
    public int SuspectSlots { get; init; } = 64;

    /// <summary>Of these, for one site: the others' connections are not for it to take when it hangs (F23).</summary>
    [Range(1, 4096)]
    public int SiteSlots { get; init; } = 128;

    /// <summary>
    /// Of these, for data that was read back from the database: live data finds a slot at once (F23).
    /// </summary>
    [Range(1, 4096)]
    public int BacklogSlots { get; init; } = 128;

    /// <summary>Deliveries in flight of one lane, at most; how many of them is found out (Lanes/LaneConcurrency).</summary>
    [Range(1, 64)]
    public int LaneConcurrency { get; init; } = 8;

    /// <summary>Undelivered bytes kept in memory per lane; bytes beyond that wait in the database.</summary>
    [Range(1_000_000, 1_000_000_000)]
    public long LaneBytes { get; init; } = 8_000_000;

    /// <summary>Undelivered bytes kept in memory by all lanes.</summary>
    [Range(1_000_000, 64_000_000_000)]
    public long MemoryBytes { get; init; } = 256_000_000;

    /// <summary>Bytes that a lane may send per turn.</summary>
    [Range(1_000, 10_000_000)]
    public int Quantum { get; init; } = 1_000_000;

    /// <summary>Delivered segments whose rows are not deleted yet; at this many delivery pauses.</summary>
    [Range(100, 1_000_000)]
    public int MaxUnsettled { get; init; } = 5_000;

    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A lane with a delivery in flight for longer starts no other beside it (F13).</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Slow { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long data is kept for a connection whose grant is gone.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan Grace { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long an orderly stop goes on delivering; the rest is left to others.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(5);

    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan IdleLane { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Backlog without progress for so long, though nothing holds it, is an alarm: within 60 s (F30), of which the
    /// watchdog's own pace takes up to 10.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:05", "01:00:00")]
    public TimeSpan Wedge { get; init; } = TimeSpan.FromSeconds(50);
}
