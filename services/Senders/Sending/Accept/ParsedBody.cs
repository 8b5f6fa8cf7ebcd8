using Microsoft.Net.Http.Headers;
using Partner.Sending.Series;

namespace Partner.Sending;

/// <summary>A decompressed request body and what came with it.</summary>
public sealed record IntakeBody(
    ReadOnlyMemory<byte> Bytes,
    string? ContentType,
    IQueryCollection Query,
    IntakePath Path
)
{
    /// <summary>Of the content type, in lower case and without parameters; null: there is none, or none that can be read.</summary>
    public string? MediaType =>
        MediaTypeHeaderValue.TryParse(ContentType, out var type) ? type.MediaType.Value?.ToLowerInvariant() : null;

    /// <summary>For parsers that look at the items' own times themselves.</summary>
    public DateTimeOffset Now { get; init; }

    /// <summary>Pays for what a parser makes beside items that point into the body.</summary>
    public MemoryCharge Memory { get; init; } = new();

    /// <summary>The last points of the series that <see cref="ParsedBody.Continues"/> named; null at first.</summary>
    public SeriesPoints? Series { get; init; }

    /// <summary>Of the instance that takes it: what two of them take is delivered in no order.</summary>
    public long Epoch { get; init; }

    /// <summary>A body whose items are more bytes than this is never committed.</summary>
    public long MaxItemBytes { get; init; } = long.MaxValue;
}

/// <summary>One item: its bytes as they are in the body, and its own time.</summary>
/// <param name="At">Unix milliseconds; 0 if it names no time.</param>
public readonly record struct Item(int Offset, int Length, long At);

/// <summary>The parser's result for a body: items, or a refusal of the whole.</summary>
/// <param name="Bytes">The bytes that the items' offsets point into; need not be the body itself.</param>
/// <param name="Variant">Items of different variants never share a batch; handed to <see cref="Sender.TargetOf"/>.</param>
public sealed record ParsedBody(
    ReadOnlyMemory<byte> Bytes,
    IReadOnlyList<Item> Items,
    string Variant,
    BodyRejection? Refusal = null
)
{
    /// <summary>
    /// Items of other variants, which are accepted with these or not at all; each has its bytes, and of the rest only
    /// its dead letters count.
    /// </summary>
    public IReadOnlyList<ParsedBody> More { get; init; } = [];

    /// <summary>This, and what stands in <see cref="More"/>.</summary>
    public IEnumerable<ParsedBody> Parts => More.Prepend(this);

    /// <summary>Items, or parts of items, that are accepted and not to be sent.</summary>
    public IReadOnlyList<DeadItem> Dead { get; init; } = [];

    /// <summary>Parts of items that are not sent because they are of another type than their place has.</summary>
    public int LeftOut { get; init; }

    /// <summary>
    /// Series whose points say how much there was since the last of them: the body is read again with those
    /// (<see cref="IntakeBody.Series"/>), and what is here is not used.
    /// </summary>
    public IReadOnlyCollection<SeriesKey> Continues { get; init; } = [];

    /// <summary>
    /// These are series that many clients write at once, so requests of a connection take turns: each would be overtaken
    /// by the others.
    /// </summary>
    public bool TakesTurns { get; init; }

    /// <summary>Body of the success where it depends on the request.</summary>
    public string? Answer { get; init; }

    /// <summary>Its content type; empty: it has none.</summary>
    public string AnswerType { get; init; } = "application/json";

    public static ParsedBody Refused(int status, string detail) =>
        new(ReadOnlyMemory<byte>.Empty, [], "", new BodyRejection(status, detail));
}

/// <summary>An item that becomes a dead letter at once.</summary>
/// <param name="At">Unix milliseconds; 0 if it names no time.</param>
public sealed record DeadItem(DeadLetterReason Reason, string Detail, byte[] Bytes, long At)
{
    /// <summary>
    /// The status that answers a request whose items are all of this kind, for then nothing of it was taken; 0: a
    /// success, as Datadog's own.
    /// </summary>
    public int Status { get; init; }

    /// <summary>How many share the letter.</summary>
    public int Items { get; init; } = 1;
}

/// <summary>The answer that Datadog would give.</summary>
public sealed record BodyRejection(int Status, string Detail)
{
    internal static readonly BodyRejection Unavailable = new(
        StatusCodes.Status503ServiceUnavailable,
        "Not accepted; try again."
    );

    // Never written: the code that meets it asks for the answer that the key has.
    internal static readonly BodyRejection KeyTaken = new(
        StatusCodes.Status409Conflict,
        "A request with this key is being done; try again."
    );

    // Never written: it is answered with the first one's success.
    internal static readonly BodyRejection Repeated = new(
        StatusCodes.Status409Conflict,
        "This request was stored a moment ago."
    );

    // Never written: the body is read again, with the points that are there now.
    internal static readonly BodyRejection Overtaken = new(
        StatusCodes.Status409Conflict,
        "A later point of a series was stored meanwhile."
    );

    /// <summary>Seconds to wait; a 503 without it says the usual.</summary>
    internal int? RetryAfter { get; init; }
}
