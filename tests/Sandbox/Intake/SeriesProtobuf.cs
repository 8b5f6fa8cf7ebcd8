using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Partner.Sandbox.Intake;

/// <summary>
/// A MetricPayload of agent-payload, of which only the field numbers are needed:
/// MetricPayload { repeated MetricSeries series = 1 }; MetricSeries { repeated Resource resources = 1 { type 1, name 2 };
/// string metric = 2; repeated string tags = 3; repeated MetricPoint points = 4 { double value 1; int64 timestamp 2 };
/// MetricType type = 5; string unit = 6; string source_type_name = 7; int64 interval = 8; Metadata metadata = 9 }.
/// https://github.com/DataDog/agent-payload/blob/master/proto/metrics/agent_payload.proto
/// </summary>
internal static class SeriesProtobuf
{
    /// <summary>
    /// The payload as the same thing in JSON, each series with its own bytes, tag and length included, as "raw"; or null.
    /// </summary>
    public static byte[]? ToJson(ReadOnlyMemory<byte> body)
    {
        try
        {
            var series = new JsonArray();
            var reader = new Fields(body);
            while (reader.Next())
            {
                if (reader.Is(1, Wire.Bytes))
                {
                    var one = Series(reader.Value);
                    one["raw"] = Convert.ToBase64String(reader.Whole.Span);
                    series.Add((JsonNode)one);
                }
            }

            return JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["series"] = series });
        }
        catch (Exception malformed) when (malformed is InvalidDataException or ArgumentException)
        {
            return null;
        }
    }

    private static JsonObject Series(ReadOnlyMemory<byte> message)
    {
        var series = new JsonObject { ["metric"] = "", ["points"] = new JsonArray(), ["type"] = 0 };
        var reader = new Fields(message);
        while (reader.Next())
        {
            switch (reader.Number)
            {
                case 1 when reader.Wire is Wire.Bytes:
                    Append(series, "resources", Resource(reader.Value));
                    break;
                case 2 when reader.Wire is Wire.Bytes:
                    series["metric"] = reader.Text;
                    break;
                case 3 when reader.Wire is Wire.Bytes:
                    Append(series, "tags", reader.Text);
                    break;
                case 4 when reader.Wire is Wire.Bytes:
                    Append(series, "points", Point(reader.Value));
                    break;
                case 5 when reader.Wire is Wire.Varint:
                    series["type"] = (long)reader.Bits;
                    break;
                case 6 when reader.Wire is Wire.Bytes:
                    series["unit"] = reader.Text;
                    break;
                case 7 when reader.Wire is Wire.Bytes:
                    series["source_type_name"] = reader.Text;
                    break;
                case 8 when reader.Wire is Wire.Varint:
                    series["interval"] = (long)reader.Bits;
                    break;
            }
        }

        return series;
    }

    private static JsonObject Resource(ReadOnlyMemory<byte> message)
    {
        var resource = new JsonObject();
        var reader = new Fields(message);
        while (reader.Next())
        {
            if (reader.Wire is Wire.Bytes && reader.Number is 1 or 2)
            {
                resource[reader.Number == 1 ? "type" : "name"] = reader.Text;
            }
        }

        return resource;
    }

    // A value of zero is left out on the wire, so both start from it. NaN has no JSON, and no point has it.
    private static JsonObject Point(ReadOnlyMemory<byte> message)
    {
        var (value, timestamp) = (0d, 0L);
        var reader = new Fields(message);
        while (reader.Next())
        {
            value = reader.Is(1, Wire.Fixed64) ? BitConverter.UInt64BitsToDouble(reader.Bits) : value;
            timestamp = reader.Is(2, Wire.Varint) ? (long)reader.Bits : timestamp;
        }

        return double.IsFinite(value)
            ? new JsonObject { ["timestamp"] = timestamp, ["value"] = value }
            : throw new InvalidDataException("A point is a finite number.");
    }

    private static void Append(JsonObject series, string name, JsonNode value)
    {
        if (series[name] is not JsonArray array)
        {
            series[name] = array = [];
        }

        array.Add(value);
    }

    private enum Wire
    {
        Varint = 0,
        Fixed64 = 1,
        Bytes = 2,
        Fixed32 = 5,
    }

    /// <summary>The fields of one message, one after the other: https://protobuf.dev/programming-guides/encoding/.</summary>
    private struct Fields(ReadOnlyMemory<byte> message)
    {
        private int _at;

        public int Number { get; private set; }

        public Wire Wire { get; private set; }

        /// <summary>A number's bits.</summary>
        public ulong Bits { get; private set; }

        public ReadOnlyMemory<byte> Value { get; private set; }

        /// <summary>The field with its tag and length.</summary>
        public ReadOnlyMemory<byte> Whole { get; private set; }

        public readonly string Text => Encoding.UTF8.GetString(Value.Span);

        public readonly bool Is(int number, Wire wire) => Number == number && Wire == wire;

        public bool Next()
        {
            if (_at == message.Length)
            {
                return false;
            }

            var start = _at;
            var tag = Varint();
            (Number, Wire) = ((int)(tag >> 3), (Wire)(tag & 7));
            switch (Wire)
            {
                case Wire.Varint:
                    Bits = Varint();
                    break;
                case Wire.Fixed64:
                    Bits = BinaryPrimitives.ReadUInt64LittleEndian(Take(8).Span);
                    break;
                case Wire.Bytes:
                    Value = Take(Varint());
                    break;
                case Wire.Fixed32:
                    Bits = BinaryPrimitives.ReadUInt32LittleEndian(Take(4).Span);
                    break;
                default:
                    throw new InvalidDataException("Groups are not used.");
            }

            Whole = message[start.._at];
            return Number > 0 ? true : throw new InvalidDataException("A field has a number.");
        }

        private ulong Varint()
        {
            var value = 0UL;
            for (var shift = 0; shift < 64; shift += 7)
            {
                var next = Take(1).Span[0];
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }

            throw new InvalidDataException("A varint has at most ten bytes.");
        }

        private ReadOnlyMemory<byte> Take(ulong length)
        {
            if (length > (ulong)(message.Length - _at))
            {
                throw new InvalidDataException("The message is cut off.");
            }

            _at += (int)length;
            return message.Slice(_at - (int)length, (int)length);
        }
    }
}
