using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Partner.Metrics;

/// <summary>
/// <c>{"series":[{"metric":"m","points":[...],"tags":["a:b"]}, ...]}</c>. A series goes on byte for byte, unless some of
/// its points are none or outside Datadog's window.
/// </summary>
internal ref struct JsonSeries(IntakeBody body, string variant, PointReader readPoint)
{
    private const int MaxDepth = 64;

    private readonly SeriesCollector _collector = new(body, Write, ","u8.ToArray());
    private readonly List<Point> _points = [];
    private Utf8JsonReader _reader = new(body.Bytes.Span, new JsonReaderOptions { MaxDepth = MaxDepth });
    private int _paid;

    public ParsedBody Parse()
    {
        if (body.Bytes.Length == 0)
        {
            return ParsedBody.Refused(StatusCodes.Status400BadRequest, "The body is empty.");
        }

        try
        {
            ReadBody();
        }
        catch (JsonException)
        {
            return ParsedBody.Refused(StatusCodes.Status400BadRequest, "The body is not valid JSON.");
        }

        return _collector.Finish(variant);
    }

    private static void Write(
        IBufferWriter<byte> output,
        ReadOnlySpan<byte> body,
        SeriesRange series,
        List<Point> points
    )
    {
        output.Write(body[series.Start..(series.PointsStart + 1)]);
        for (var i = 0; i < points.Count; i++)
        {
            output.Write(i == 0 ? default : ","u8);
            output.Write(body.Slice(points[i].Start, points[i].Length));
        }

        output.Write(body[(series.PointsEnd - 1)..series.End]);
    }

    private readonly void Refuse(string detail) => _collector.Refuse(StatusCodes.Status400BadRequest, detail);

    private void ReadBody()
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            Refuse("The body is not a JSON object.");
            return;
        }

        var found = false;
        while (_collector.Refusal is null && _reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var isSeries = JsonStrings.Is(ref _reader, "series"u8);
            _reader.Read();
            if (isSeries)
            {
                found = true;
                ReadAll();
            }
            else
            {
                _reader.Skip();
            }
        }

        // Anything behind the end is an error, and this is what finds it.
        while (_collector.Refusal is null && _reader.Read()) { }

        if (!found)
        {
            Refuse("series is required.");
        }
    }

    private void ReadAll()
    {
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            Refuse("series is not an array.");
            return;
        }

        while (_collector.Refusal is null && _reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            ReadOne();
        }
    }

    private void ReadOne()
    {
        var start = (int)_reader.TokenStartIndex;
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            _reader.Skip();
            _collector.Bury(start, (int)_reader.BytesConsumed, $"series[{_collector.Count}] is not an object.");
            return;
        }

        var mistake =
            $"series[{_collector.Count}].points is not what it should be: each a timestamp in seconds and what was measured.";
        var (nameLength, pointsStart, pointsEnd, hasPoints) = (0, 0, 0, true);
        _points.Clear();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var (isMetric, isPoints) = (
                JsonStrings.Is(ref _reader, "metric"u8),
                JsonStrings.Is(ref _reader, "points"u8)
            );
            _reader.Read();
            if (isPoints)
            {
                hasPoints &= pointsEnd == 0 && _reader.TokenType == JsonTokenType.StartArray;
                pointsStart = (int)_reader.TokenStartIndex;
                if (hasPoints)
                {
                    ReadPoints();
                }

                _reader.Skip();
                pointsEnd = (int)_reader.BytesConsumed;
                continue;
            }

            if (isMetric)
            {
                nameLength =
                    _reader.TokenType == JsonTokenType.String ? JsonStrings.CharactersOf(_reader.ValueSpan) : 0;
            }

            _reader.Skip();
        }

        var end = (int)_reader.BytesConsumed;
        if (nameLength == 0)
        {
            _collector.Bury(start, end, $"series[{_collector.Count}].metric is required.");
        }
        else if (!hasPoints)
        {
            _collector.Bury(start, end, mistake);
        }
        else if (_points.Count == 0)
        {
            _collector.Bury(start, end, $"series[{_collector.Count}].points is required.");
        }
        else
        {
            _collector.Add(new SeriesRange(start, end, pointsStart, pointsEnd), _points, nameLength, mistake);
        }
    }

    private void ReadPoints()
    {
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)_reader.TokenStartIndex;
            var attempt = _reader;
            var isGood = readPoint(ref attempt, out var seconds);
            if (isGood)
            {
                _reader = attempt;
            }
            else
            {
                _reader.Skip();
            }

            if (Pay())
            {
                _points.Add(
                    new Point(start, (int)_reader.BytesConsumed - start, ItemTime.FromSeconds(seconds), !isGood)
                );
            }
        }
    }

    // A growing list is there twice while it is copied, and its good and its bad points are lists, too.
    private bool Pay()
    {
        const int Step = 4_096;
        if (_points.Count >= _paid && _collector.Pay(3L * Step * Unsafe.SizeOf<Point>()))
        {
            _paid += Step;
        }

        return _points.Count < _paid;
    }
}
