using System.Buffers;
using System.Text.Json;
using Partner.Sending;

namespace Partner.Metrics;

/// <summary>
/// <c>{"series":[{"metric":"m","points":[...],"tags":["a:b"]}, ...]}</c>. A series goes on byte for byte, unless some of
/// its points are outside Datadog's window.
/// </summary>
internal ref struct JsonSeries(IntakeBody body, string variant, PointReader readPoint)
{
    private const int MaxDepth = 64;

    private readonly SeriesCollector _collector = new(body, Write);
    private readonly List<Point> _points = [];
    private Utf8JsonReader _reader = new(body.Bytes.Span, new JsonReaderOptions { MaxDepth = MaxDepth });
    private int _count;

    public ParsedBody Parse()
    {
        if (body.Bytes.Length == 0)
        {
            return ParsedBody.Refused(StatusCodes.Status400BadRequest, "The body is empty.");
        }

        try
        {
            return ReadBody() is { } refusal
                ? ParsedBody.Refused(refusal.Status, refusal.Detail)
                : _collector.Finish(variant);
        }
        catch (JsonException)
        {
            return ParsedBody.Refused(StatusCodes.Status400BadRequest, "The body is not valid JSON.");
        }
    }

    private static void Write(
        IBufferWriter<byte> output, ReadOnlySpan<byte> body, SeriesRange series, List<Point> points)
    {
        output.Write(body[series.Start..(series.PointsStart + 1)]);
        for (var i = 0; i < points.Count; i++)
        {
            output.Write(i == 0 ? default : ","u8);
            output.Write(body.Slice(points[i].Start, points[i].Length));
        }

        output.Write(body[(series.PointsEnd - 1)..series.End]);
    }

    private static Refusal Bad(string detail) => new(StatusCodes.Status400BadRequest, detail);

    private Refusal? ReadBody()
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            return Bad("The body is not a JSON object.");
        }

        var found = false;
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var isSeries = JsonText.Is(ref _reader, "series"u8);
            _reader.Read();
            if (!isSeries)
            {
                _reader.Skip();
                continue;
            }

            found = true;
            if (ReadAll() is { } refusal)
            {
                return refusal;
            }
        }

        // Anything behind the end is an error, and this is what finds it.
        while (_reader.Read())
        {
        }

        return found ? null : Bad("series is required.");
    }

    private Refusal? ReadAll()
    {
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            return Bad("series is not an array.");
        }

        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (_reader.TokenType != JsonTokenType.StartObject)
            {
                return Bad($"series[{_count}] is not an object.");
            }

            if (ReadOne() is { } refusal)
            {
                return refusal;
            }

            _count++;
        }

        return null;
    }

    private Refusal? ReadOne()
    {
        var start = (int)_reader.TokenStartIndex;
        var (nameLength, pointsStart, pointsEnd) = (0, 0, 0);
        _points.Clear();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var (isMetric, isPoints) = (JsonText.Is(ref _reader, "metric"u8), JsonText.Is(ref _reader, "points"u8));
            _reader.Read();
            if (isPoints)
            {
                pointsStart = (int)_reader.TokenStartIndex;
                if (pointsEnd > 0 || !ReadPoints())
                {
                    return Bad($"series[{_count}].points is not what it should be: each a timestamp in seconds and what was measured.");
                }

                pointsEnd = (int)_reader.BytesConsumed;
                continue;
            }

            if (isMetric)
            {
                nameLength = _reader.TokenType == JsonTokenType.String ? JsonText.CharactersOf(_reader.ValueSpan) : 0;
            }

            _reader.Skip();
        }

        return nameLength == 0 ? Bad($"series[{_count}].metric is required.")
            : _points.Count == 0 ? Bad($"series[{_count}].points is required.")
            : _collector.Add(new SeriesRange(start, (int)_reader.BytesConsumed, pointsStart, pointsEnd), _points, nameLength);
    }

    private bool ReadPoints()
    {
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            return false;
        }

        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)_reader.TokenStartIndex;
            if (!readPoint(ref _reader, out var seconds))
            {
                return false;
            }

            // One too many is enough to know.
            if (_points.Count <= MetricsSender.MaxPoints)
            {
                _points.Add(new Point(start, (int)_reader.BytesConsumed - start, ItemTime.FromSeconds(seconds)));
            }
        }

        return true;
    }
}
