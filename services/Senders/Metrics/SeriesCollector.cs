using System.Buffers;

namespace Partner.Metrics;

/// <summary>A point as it is in the body.</summary>
/// <param name="At">Unix milliseconds.</param>
/// <param name="IsBad">Datadog would refuse it.</param>
internal readonly record struct Point(int Start, int Length, long At, bool IsBad = false);

/// <summary>Where in the body a series is.</summary>
/// <param name="PointsStart">Of the array of points, brackets included; protobuf has none.</param>
internal readonly record struct SeriesRange(int Start, int End, int PointsStart, int PointsEnd);

/// <summary>Writes the series with these of its points and all else as sent.</summary>
internal delegate void SeriesWriter(
    IBufferWriter<byte> output,
    ReadOnlySpan<byte> body,
    SeriesRange series,
    List<Point> points
);

/// <summary>
/// Divides series by their points: one whose points are all good is an item as sent. Points that Datadog would refuse,
/// or drop silently for their time, leave it and become dead letters of the same form. One of more points than a batch
/// may have becomes several.
/// </summary>
internal sealed class SeriesCollector(IntakeBody body, SeriesWriter write, ReadOnlyMemory<byte> separator)
{
    private readonly long _oldest = (body.Now - MetricsSender.MaxAge).ToUnixTimeMilliseconds();
    private readonly long _newest = (body.Now + MetricsSender.MaxAhead).ToUnixTimeMilliseconds();
    private readonly ItemList _items = new(body, separator);

    // Series that had to be written anew; they stand behind the body.
    private readonly ArrayBufferWriter<byte> _rewritten = new();
    private long _paid;

    /// <summary>Why no more is to be read.</summary>
    public BodyRejection? Refusal => _items.Refusal;

    /// <summary>Series, good and bad.</summary>
    public int Count { get; private set; }

    /// <summary>Nothing of the body can be taken.</summary>
    public void Refuse(int status, string detail) => _items.Refuse(new BodyRejection(status, detail));

    /// <summary>What is made of the body beside the items.</summary>
    public bool Pay(long bytes)
    {
        if (body.Memory.Take(bytes) is { } refusal)
        {
            _items.Refuse(refusal);
        }

        return Refusal is null;
    }

    /// <summary>Buries an element that is no series.</summary>
    public void Bury(int start, int end, string detail)
    {
        Count++;
        _items.Bury(
            DeadLetterReason.Malformed,
            detail,
            body.Bytes.Span[start..end],
            0,
            StatusCodes.Status400BadRequest
        );
    }

    /// <param name="nameLength">Characters of the metric's name.</param>
    /// <param name="mistake">The mistake of the bad points.</param>
    public void Add(SeriesRange series, List<Point> points, int nameLength, string mistake)
    {
        Count++;
        if (nameLength > MetricsSender.MaxName)
        {
            // What Datadog makes of it is not documented; two metrics may become one.
            _items.Bury(
                DeadLetterReason.TooLong,
                $"metric exceeds {MetricsSender.MaxName} characters.",
                body.Bytes.Span[series.Start..series.End],
                points.Min(p => p.At)
            );
            return;
        }

        var good = points.FindAll(p => !p.IsBad && p.At >= _oldest && p.At <= _newest);
        if (good.Count == points.Count && good.Count <= MetricsSender.MaxPoints)
        {
            _items.Add(new Item(series.Start, series.End - series.Start, good.Min(p => p.At)));
            return;
        }

        BuryPoints(
            DeadLetterReason.Malformed,
            series,
            points.FindAll(p => p.IsBad),
            _ => mistake,
            StatusCodes.Status400BadRequest
        );
        BuryPoints(
            DeadLetterReason.Expired,
            series,
            points.FindAll(p => !p.IsBad && p.At < _oldest),
            dead => Words(dead, "older")
        );
        BuryPoints(
            DeadLetterReason.Future,
            series,
            points.FindAll(p => !p.IsBad && p.At > _newest),
            dead => Words(dead, "newer")
        );
        foreach (var some in Parts(good))
        {
            Keep(series, some);
        }
    }

    public ParsedBody Finish(string variant)
    {
        if (_rewritten.WrittenCount == 0 || Refusal is not null || !Pay(body.Bytes.Length + _rewritten.WrittenCount))
        {
            return _items.Finish(body.Bytes, variant);
        }

        var all = GC.AllocateUninitializedArray<byte>(body.Bytes.Length + _rewritten.WrittenCount);
        body.Bytes.CopyTo(all);
        _rewritten.WrittenSpan.CopyTo(all.AsSpan(body.Bytes.Length));
        return _items.Finish(all, variant);
    }

    private static IEnumerable<List<Point>> Parts(List<Point> points)
    {
        for (var i = 0; i < points.Count; i += MetricsSender.MaxPoints)
        {
            yield return points.GetRange(i, Math.Min(MetricsSender.MaxPoints, points.Count - i));
        }
    }

    private static string Words(List<Point> dead, string words) =>
        $"{dead.Count} points are {words} than Datadog takes, the oldest {ItemTime.Describe(dead.Min(p => p.At))}.";

    private void Keep(SeriesRange series, List<Point> good)
    {
        var start = _rewritten.WrittenCount;
        write(_rewritten, body.Bytes.Span, series, good);
        if (_rewritten.Capacity > _paid && Pay(_rewritten.Capacity - _paid))
        {
            _paid = _rewritten.Capacity;
        }

        _items.Add(new Item(body.Bytes.Length + start, _rewritten.WrittenCount - start, good.Min(p => p.At)));
    }

    private void BuryPoints(
        DeadLetterReason reason,
        SeriesRange series,
        List<Point> dead,
        Func<List<Point>, string> detail,
        int status = 0
    )
    {
        foreach (var some in Parts(dead))
        {
            var output = new ArrayBufferWriter<byte>();
            write(output, body.Bytes.Span, series, some);
            _items.Bury(reason, detail(some), output.WrittenSpan, status == 0 ? some.Min(p => p.At) : 0, status);
        }
    }
}
