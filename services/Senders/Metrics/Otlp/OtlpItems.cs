using System.Buffers;

namespace Partner.Metrics.Otlp;

/// <summary>Why a data point, or what holds some, is not taken.</summary>
internal sealed record Refused(DeadLetterReason Reason, string Detail)
{
    public static readonly Refused Resource = Malformed("A ResourceMetrics cannot be read as OTLP.");
    public static readonly Refused NoObject = Malformed("A metric or a data point is a JSON object.");
    public static readonly Refused Metric = Malformed("A metric cannot be read as OTLP.");
    public static readonly Refused Nameless = Malformed("A metric has no name.");
    public static readonly Refused Point = Malformed("A data point cannot be read as OTLP.");
    public static readonly Refused NoTime = Malformed("A data point has no time.");
    public static readonly Refused NoNumber = Malformed("A data point has no number, or one that is not finite.");
    public static readonly Refused Buckets = Malformed("A histogram's bounds and counts do not fit each other.");
    public static readonly Refused NoTemporality = Malformed("A sum or histogram does not say its temporality.");

    public static readonly Refused TooManyParts = new(
        DeadLetterReason.TooLarge,
        $"A data point has more than {OtlpCheck.MaxParts} attributes, exemplars, and values within them."
    );

    public static readonly Refused TooManyValues = new(
        DeadLetterReason.TooLarge,
        $"A histogram has more than {BucketValues.MaxValues} observations: export more often."
    );

    public static readonly Refused TooManyBuckets = new(
        DeadLetterReason.TooLarge,
        $"A histogram has more than {OtlpPoint.MaxBuckets} buckets."
    );

    public static readonly Refused Future = new(
        DeadLetterReason.Future,
        $"A cumulative data point is more than {MetricsSender.MaxAhead.TotalMinutes} minutes ahead."
    );

    public static readonly Refused TooManySeries = new(
        DeadLetterReason.TooLarge,
        "The connection has more cumulative series than are kept: send fewer, or set OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta."
    );

    public static readonly Refused LongName = new(
        DeadLetterReason.TooLong,
        $"metric exceeds {MetricsSender.MaxName} characters."
    );

    /// <summary>Of a request with nothing else; a name that is too long Datadog takes.</summary>
    public int Status =>
        Reason is DeadLetterReason.TooLong or DeadLetterReason.Future ? 0 : StatusCodes.Status400BadRequest;

    private static Refused Malformed(string detail) => new(DeadLetterReason.Malformed, detail);
}

/// <summary>The items of one variant while they are made, paid for, and no more of them than can be committed.</summary>
internal sealed class OtlpItems
{
    private readonly IntakeBody _body;
    private readonly ItemList _items;
    private readonly ArrayBufferWriter<byte> _output = new();

    public OtlpItems(IntakeBody body)
    {
        _body = body;
        _items = new ItemList(body, ","u8.ToArray());
        Series = new OtlpSeries(_output);
    }

    public OtlpSeries Series { get; }

    public BodyRejection? Refusal => _items.Refusal;

    public void Refuse(BodyRejection refusal) => _items.Refuse(refusal);

    /// <summary>What was written from <paramref name="start"/> on is an item, if its time is one that Datadog takes.</summary>
    public void Add(int start, long at, long oldest, long newest)
    {
        if (!Pay())
        {
            return;
        }

        var item = new Item(start, _output.WrittenCount - start, at);
        if (at >= oldest && at <= newest)
        {
            _items.Add(item);
            return;
        }

        _items.Bury(
            at < oldest ? DeadLetterReason.Expired : DeadLetterReason.Future,
            $"{(at < oldest ? "Older" : "Newer")} than Datadog takes: its time is {ItemTime.Describe(at)}.",
            _output.WrittenSpan.Slice(item.Offset, item.Length),
            at
        );
    }

    /// <summary>In a form that a batch may have: the letter says of which metric it is, and its bytes are all there.</summary>
    public void BuryBytes(Refused refused, string? metric, ReadOnlySpan<byte> message)
    {
        var start = _output.WrittenCount;
        Series.WriteUnread(metric, message);
        if (Pay())
        {
            Bury(refused, _output.WrittenSpan[start..]);
        }
    }

    /// <summary>What is no object, as it came.</summary>
    public void BuryJson(ReadOnlySpan<byte> json) => Bury(Refused.NoObject, json);

    public ParsedBody Finish(string variant) => _items.Finish(_output.WrittenMemory, variant);

    private void Bury(Refused refused, ReadOnlySpan<byte> bytes) =>
        _items.BuryMade(refused.Reason, refused.Detail, bytes, refused.Status);

    // Each of the two variants has half.
    private bool Pay() => _items.PayFor(_output, "series", _body.MaxItemBytes / 2);
}
