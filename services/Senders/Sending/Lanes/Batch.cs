using Partner.Sending.Outbox;

namespace Partner.Sending.Lanes;

/// <summary>Segments of one lane and variant that go out together.</summary>
internal sealed record Batch(Lane Lane, IReadOnlyList<Segment> Segments, long Wave, long Start, bool IsProbe)
{
    public string Variant => Segments[0].Variant;

    public long Bytes => Segments.Sum(s => (long)s.Raw.Length);
}

/// <summary>How a batch ended.</summary>
/// <param name="Outcome">Of its last request; what the lane does next follows from it. Null: nothing needed a request.</param>
/// <param name="Settlements">What is over, and what has changed.</param>
/// <param name="Untouched">Segments that are to be sent again as they are.</param>
internal sealed record BatchResult(
    Outcome? Outcome, IReadOnlyList<Settlement> Settlements, IReadOnlyList<Segment> Untouched);

/// <summary>A read of a lane's backlog.</summary>
internal sealed record Load(Lane Lane, long Epoch, long After, long Bytes);

/// <summary>How a lane is, for people.</summary>
internal sealed record LaneView(LaneState State, string? Reason);
