using System.Buffers;
using System.Runtime.CompilerServices;

namespace Partner.Metrics;

/// <summary>
/// <c>message MetricPayload { repeated MetricSeries series = 1; }</c> of
/// https://github.com/DataDog/agent-payload/blob/master/proto/metrics/agent_payload.proto. An item is one series with
/// its tag, byte for byte as sent, so that a batch is a concatenation.
/// </summary>
internal static class ProtobufSeries
{
    private const int Series = 1;
    private const int Metric = 2;
    private const int Points = 4;
    private const int Value = 1;
    private const int Timestamp = 2;

    // A tag of one byte and a length of at most five.
    private const int MaxHeader = 6;
    private const byte SeriesTag = (Series << 3) | 2;

    // A growing list is there twice while it is copied, and its good and its bad points are lists, too.
    private static readonly long PerPoint = 3 * Unsafe.SizeOf<Point>();
    private const int Step = 4_096;

    public static ParsedBody Parse(IntakeBody body, string variant)
    {
        var collector = new SeriesCollector(body, Write, default);
        var points = new List<Point>();
        var reader = new ProtobufReader(body.Bytes.Span);
        while (collector.Refusal is null && reader.Next())
        {
            if (reader is not { Field: Series, Type: WireType.Bytes })
            {
                continue;
            }

            points.Clear();
            var series = reader.ReadBytes();
            var start = reader.Position - series.Length;
            var range = new SeriesRange(reader.Start, reader.Position, start, reader.Position);
            if (ReadSeries(series, start, collector, points, out var name) is { } mistake)
            {
                collector.Bury(reader.Start, reader.Position, mistake);
            }
            else
            {
                collector.Add(range, points, name, $"series[{collector.Count}].points has a value that is no number.");
            }
        }

        return reader.IsBad
                ? ParsedBody.Refused(StatusCodes.Status400BadRequest, "The body is not a valid MetricPayload.")
            : body.Bytes.Length == 0 ? ParsedBody.Refused(StatusCodes.Status400BadRequest, "The body is empty.")
            : collector.Finish(variant);
    }

    /// <summary>Points of an item.</summary>
    public static int CountPoints(ReadOnlySpan<byte> item)
    {
        var outer = new ProtobufReader(item);
        var count = 0;
        while (outer.Next())
        {
            for (var series = new ProtobufReader(outer.ReadBytes()); series.Next(); )
            {
                count += series is { Field: Points, Type: WireType.Bytes } ? 1 : 0;
            }
        }

        return count;
    }

    /// <returns>Why it is no series.</returns>
    private static string? ReadSeries(
        ReadOnlySpan<byte> series,
        int offset,
        SeriesCollector collector,
        List<Point> points,
        out int name
    )
    {
        var reader = new ProtobufReader(series);
        name = 0;
        var paid = 0;
        while (collector.Refusal is null && reader.Next())
        {
            switch (reader)
            {
                case { Field: Metric, Type: WireType.Bytes }:
                    name = JsonStrings.CharactersOfUtf8(reader.ReadBytes());
                    break;
                case { Field: Points, Type: WireType.Bytes }:
                    if (points.Count >= paid)
                    {
                        collector.Pay(PerPoint * Step);
                        paid += Step;
                    }

                    var isGood = TryReadPoint(reader.ReadBytes(), out var at);
                    points.Add(new Point(offset + reader.Start, reader.Position - reader.Start, at, !isGood));
                    break;
            }
        }

        return reader.IsBad ? "The body is not a valid MetricPayload."
            : name == 0 ? $"series[{collector.Count}].metric is required."
            : points.Count == 0 ? $"series[{collector.Count}].points is required."
            : null;
    }

    // Absent is 0, of the value as of the time.
    private static bool TryReadPoint(ReadOnlySpan<byte> point, out long at)
    {
        var reader = new ProtobufReader(point);
        var (value, seconds) = (0.0, 0L);
        while (reader.Next())
        {
            switch (reader)
            {
                case { Field: Value, Type: WireType.Fixed64 }:
                    value = BitConverter.UInt64BitsToDouble(reader.ReadFixed64());
                    break;
                case { Field: Timestamp, Type: WireType.Varint }:
                    seconds = (long)reader.ReadVarint();
                    break;
            }
        }

        at = ItemTime.FromSeconds(seconds);
        return !reader.IsBad && double.IsFinite(value);
    }

    private static void Write(
        IBufferWriter<byte> output,
        ReadOnlySpan<byte> body,
        SeriesRange series,
        List<Point> points
    )
    {
        var kept = points.Select(p => p.Start).ToHashSet();
        var contents = new ArrayBufferWriter<byte>(series.End - series.Start);
        var reader = new ProtobufReader(body[series.PointsStart..series.End]);
        while (reader.Next())
        {
            reader.Skip();
            var start = series.PointsStart + reader.Start;
            if (reader is not { Field: Points, Type: WireType.Bytes } || kept.Contains(start))
            {
                contents.Write(body[start..(series.PointsStart + reader.Position)]);
            }
        }

        var header = output.GetSpan(MaxHeader);
        header[0] = SeriesTag;
        output.Advance(1 + WriteVarint(header[1..], (ulong)contents.WrittenCount));
        output.Write(contents.WrittenSpan);
    }

    private static int WriteVarint(Span<byte> output, ulong value)
    {
        var length = 0;
        while (value >= 0x80)
        {
            output[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        output[length++] = (byte)value;
        return length;
    }
}
