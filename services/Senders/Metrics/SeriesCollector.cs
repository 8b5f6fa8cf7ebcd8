using System.Buffers;
using Partner.Sending;

namespace Partner.Metrics;

/// <summary>A point as it is in the body.</summary>
/// <param name="At">Unix milliseconds.</param>
internal readonly record struct Point(int Start, int Length, long At);

/// <summary>Where in the body a series is.</summary>
/// <param name="PointsStart">Of the array of points, brackets included; protobuf has none.</param>
internal readonly record struct SeriesRange(int Start, int End, int PointsStart, int PointsEnd);

/// <summary>Writes the series with these of its points and all else as sent.</summary>
internal delegate void SeriesWriter(
    IBufferWriter<byte> output, ReadOnlySpan<byte> body, SeriesRange series, List<Point> points);

/// <summary>
/// Divides series by their points' times, for Datadog would drop the others silently: a series whose points are all
/// good is an item as sent; points that are too old or too new leave it and become dead letters of the same form.
/// </summary>
internal sealed class SeriesCollector(IntakeBody body, SeriesWriter write)
{
    private readonly long _oldest = (body.Now - MetricsSender.MaxAge).ToUnixTimeMilliseconds();
    private readonly long _newest = (body.Now + MetricsSender.MaxAhead).ToUnixTimeMilliseconds();
    private readonly List<Item> _items = [];
    private readonly List<DeadItem> _dead = [];

    // The body and, behind it, series that had to be written anew.
    private ArrayBufferWriter<byte>? _extended;

    /// <returns>Null, or why the request is refused.</returns>
    /// <param name="nameLength">Characters of the metric's name.</param>
    public Refusal? Add(SeriesRange series, List<Point> points, int nameLength)
    {
        if (points.Count > MetricsSender.MaxPoints)
        {
            return TooLarge($"A series has more than {MetricsSender.MaxPoints} points.");
        }

        if (_items.Count + _dead.Count >= MetricsSender.MaxRequestItems)
        {
            return TooLarge($"The request has more than {MetricsSender.MaxRequestItems} series.");
        }

        if (nameLength > MetricsSender.MaxName)
        {
            // What Datadog makes of it is not documented; two metrics may become one.
            _dead.Add(new DeadItem(
                "too_long", $"metric exceeds {MetricsSender.MaxName} characters.", body.Bytes[series.Start..series.End].ToArray(),
                points.Min(p => p.At)));
            return null;
        }

        var good = points.FindAll(p => p.At >= _oldest && p.At <= _newest);
        if (good.Count == points.Count)
        {
            _items.Add(new Item(series.Start, series.End - series.Start, good.Min(p => p.At)));
            return null;
        }

        Bury("expired", "older", series, points.FindAll(p => p.At < _oldest));
        Bury("future", "newer", series, points.FindAll(p => p.At > _newest));
        if (good.Count > 0)
        {
            Keep(series, good);
        }

        return null;
    }

    public ParsedBody Finish(string variant) =>
        new(_extended?.WrittenMemory ?? body.Bytes, _items, variant) { Dead = _dead };

    private static Refusal TooLarge(string detail) => new(StatusCodes.Status413PayloadTooLarge, detail);

    private void Keep(SeriesRange series, List<Point> good)
    {
        if (_extended is null)
        {
            _extended = new ArrayBufferWriter<byte>(body.Bytes.Length + series.End - series.Start);
            _extended.Write(body.Bytes.Span);
        }

        var start = _extended.WrittenCount;
        write(_extended, body.Bytes.Span, series, good);
        _items.Add(new Item(start, _extended.WrittenCount - start, good.Min(p => p.At)));
    }

    private void Bury(string reason, string words, SeriesRange series, List<Point> points)
    {
        if (points.Count == 0)
        {
            return;
        }

        var output = new ArrayBufferWriter<byte>();
        write(output, body.Bytes.Span, series, points);
        var at = points.Min(p => p.At);
        _dead.Add(new DeadItem(
            reason, $"{points.Count} points are {words} than Datadog takes, the oldest {at / 1000} s after 1970.", output.WrittenSpan.ToArray(), at));
    }
}
