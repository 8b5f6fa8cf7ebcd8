using System.Net;

namespace Partner.Sending.Outbox;

/// <summary>
/// The items that one commit stored for one connection: at most 1,000 items and 1 MB, or a single bigger item.
/// </summary>
internal sealed record Segment
{
    public const int MaxItems = 1_000;
    public const int MaxBytes = 1_000_000;

    public required long Id { get; init; }

    /// <summary>The instance that it belongs to.</summary>
    public required long Epoch { get; init; }

    public required ConnectionId Connection { get; init; }

    public required string Variant { get; init; }

    public required int Items { get; init; }

    /// <summary>The framed items (<see cref="Frames"/>), uncompressed.</summary>
    public required byte[] Raw { get; init; }

    /// <summary>The smallest of the items' own times, unix milliseconds; 0 if none names one.</summary>
    public required long OldestAt { get; init; }

    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>Trace parents of the requests that it came from, separated by spaces.</summary>
    public required string Links { get; init; }

    /// <summary>Items that may have reached Datadog though the answer was lost.</summary>
    public int PossibleDuplicates { get; init; }

    /// <summary>Its items were dead letters: they go out when nothing else of the lane waits (F32).</summary>
    public bool IsReplay { get; init; }

    /// <summary>Its place in a lane: replayed ones stand behind all others.</summary>
    public (bool IsReplay, long Id) Rank => (IsReplay, Id);

    /// <summary>It came by memory, not by the database.</summary>
    public bool IsFresh { get; init; }
}

/// <summary>A segment as a row.</summary>
internal sealed record StoredSegment(Segment Segment, byte[] Body, int Checksum);

/// <summary>An item given up.</summary>
internal sealed record DeadLetter(
    ConnectionId Connection,
    DeadLetterReason Reason,
    string Detail,
    string Variant,
    long ItemAt,
    byte[] Item
)
{
    /// <summary>How many share it.</summary>
    public int Items { get; init; } = 1;

    /// <summary>Datadog's status, for a request that waits; null: Datadog was not asked. It is not stored.</summary>
    public HttpStatusCode? Status { get; init; }
}
