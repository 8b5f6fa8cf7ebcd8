using System.Diagnostics;
using Partner.Sending.Accept;
using Partner.Sending.Deduplication;
using Partner.Sending.Series;

namespace Partner.Sending.Outbox;

/// <summary>How an append ended.</summary>
internal enum AppendResult
{
    Committed,

    /// <summary>Nothing was stored, or the outcome is unknown; the caller is told 503 either way.</summary>
    Unavailable,

    /// <summary>It alone is more than may wait for a commit, so it never fits; nothing was stored.</summary>
    TooLarge,

    /// <summary>Its Idempotency-Key has an answer already; nothing was stored.</summary>
    KeyTaken,

    /// <summary>The same request was committed within the last minute; nothing of this one was stored.</summary>
    Repeated,

    /// <summary>A point of one of its series was stored since it was read; nothing was stored.</summary>
    Overtaken,

    /// <summary>The connection's backlog is at its quota; nothing was stored.</summary>
    ConnectionFull,

    /// <summary>The outbox is at its quota; nothing was stored.</summary>
    OutboxFull,
}

/// <summary>One accepted request on its way to a commit.</summary>
internal sealed class Submission(
    ConnectionId connection,
    ParsedBody body,
    IReadOnlyList<DeadLetter> dead,
    string? traceParent
)
{
    private const int Fixed = 256;

    private readonly TaskCompletionSource<AppendResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConnectionId Connection => connection;

    public ParsedBody Body => body;

    public IReadOnlyList<DeadLetter> Dead => dead;

    /// <summary>To be stored with it, if it came with an Idempotency-Key.</summary>
    public KeptAnswer? Kept { get; init; }

    /// <summary>Set: it is stored only where the same request was not, of late.</summary>
    public DeduplicationId? Deduplication { get; set; }

    /// <summary>The last points of its series, as it leaves them.</summary>
    public SeriesPoints? Series { get; init; }

    /// <summary>The bytes that it adds to the backlog.</summary>
    public long ItemBytes { get; } = body.Parts.Sum(part => part.Items.Sum(item => (long)item.Length));

    /// <summary>
    /// The bytes that it takes of its connection's quota: its items, and the row that is kept of its key.
    /// </summary>
    public long QuotaBytes => ItemBytes + (Kept?.Bytes ?? 0);

    /// <summary>
    /// The request that waits for its delivery; its items then share no segment with those of other requests.
    /// </summary>
    public Waiting.DeliveryWait? Wait { get; init; }

    /// <summary>The bytes that it takes while it waits for its commit.</summary>
    public long Bytes { get; } =
        body.Parts.Sum(part => part.Items.Sum(item => (long)item.Length))
        + dead.Sum(letter => (long)letter.Item.Length)
        + Fixed;

    public IEnumerable<SegmentInput> Inputs =>
        body.Parts.Select(part => new SegmentInput(connection, part.Variant, part.Bytes, part.Items)
        {
            TraceParent = traceParent,
            Wait = Wait,
        });

    /// <summary>The series whose last points it changes.</summary>
    public IEnumerable<(ConnectionId, SeriesKey)> SeriesKeys =>
        Series?.Changes.Select(change => (connection, change.Point.Key)) ?? [];

    public Task<AppendResult> Done => _done.Task;

    /// <summary>Null: it is not done.</summary>
    public AppendResult? Result { get; private set; }

    public static string? CurrentTraceParent() =>
        Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } ? id : null;

    /// <summary>The first result is the one; for the loop of the commits.</summary>
    public void Complete(AppendResult result)
    {
        Result ??= result;
        _done.TrySetResult(result);
    }
}
