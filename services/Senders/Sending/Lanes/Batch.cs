using Partner.Sending.Outbox;

namespace Partner.Sending.Lanes;

internal enum Traffic
{
    /// <summary>Data that was just accepted and never left the memory.</summary>
    Live,

    /// <summary>Data that was read back from the database.</summary>
    Backlog,
}

/// <summary>Segments of one lane and variant that go out together.</summary>
/// <param name="Generation">Of the lane's health.</param>
/// <param name="IsFull">With it the lane has as many deliveries under way as it may.</param>
internal sealed record Batch(
    Lane Lane,
    IReadOnlyList<Segment> Segments,
    Permit Permit,
    long Generation,
    long Start,
    bool IsFull
)
{
    public AttemptKind Attempt { get; init; }

    public Trial Trial { get; init; } = Trial.None;

    public string Variant => Segments[0].Variant;

    public long Bytes => Segments.Sum(s => (long)s.Raw.Length);

    public bool IsProbe => Permit.IsSuspect;
}

/// <summary>How a batch ended.</summary>
/// <param name="Outcome">Of its last request; what the lane does next follows from it. Null: nothing needed a request.</param>
/// <param name="Settlements">What is over, and what has changed.</param>
/// <param name="Untouched">Segments that are to be sent again as they are.</param>
internal sealed record BatchResult(
    Outcome? Outcome,
    IReadOnlyList<Settlement> Settlements,
    IReadOnlyList<Segment> Untouched
)
{
    /// <summary>How long Datadog took for the last request.</summary>
    public TimeSpan RoundTrip { get; init; }

    /// <summary>Segments of the last request, where it failed.</summary>
    public IReadOnlyList<long> Failed { get; init; } = [];

    public IReadOnlyList<ItemKey> FailedAlone { get; init; } = [];

    /// <summary>Datadog has taken or judged some of it.</summary>
    public bool HasPassed { get; init; }

    /// <summary>Something that had failed before passed now.</summary>
    public bool IsMended { get; init; }

    /// <summary>A trial that can go on at once.</summary>
    public bool IsBrokenOff { get; init; }
}

/// <summary>A read of a lane's backlog.</summary>
/// <param name="IsControl">It looks for something that has not failed, and is not where reading on goes on.</param>
internal sealed record Load(Lane Lane, long Epoch, long After, long Bytes, bool IsControl = false);

/// <summary>A suspect that is set apart, to be read and tried.</summary>
internal sealed record TrialStart(
    Lane Lane,
    long Epoch,
    Suspect Suspect,
    IReadOnlyList<long> Ids,
    Trial Trial,
    Permit Permit,
    long Generation,
    long Start
)
{
    public Batch BatchOf(IReadOnlyList<Segment> segments) =>
        new(Lane, segments, Permit, Generation, Start, IsFull: false) { Attempt = AttemptKind.Apart, Trial = Trial };
}

/// <summary>How a lane is, for people.</summary>
internal sealed record LaneView(LaneState State, string? Reason);
