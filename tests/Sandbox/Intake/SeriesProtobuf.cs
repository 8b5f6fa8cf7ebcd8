using System.Text.Json;
using System.Text.Json.Nodes;

namespace Partner.Sandbox.Intake;

/// <summary>
/// A MetricPayload of agent-payload, of which only the field numbers are needed:
/// MetricPayload { repeated MetricSeries series = 1 }; MetricSeries { repeated Resource resources = 1 { type 1,
/// name 2 }; string metric = 2; repeated string tags = 3; repeated MetricPoint points = 4 { double value 1; int64 timestamp 2 };
/// MetricType type = 5; string unit = 6; string source_type_name = 7; int64 interval = 8; Metadata metadata = 9 }.
/// https://github.com/DataDog/agent-payload/blob/master/proto/metrics/agent_payload.proto
/// </summary>
internal static class SeriesProtobuf
{
    /// <summary>
    /// The payload as the same thing in JSON, each series with its own bytes, tag and length included, as "raw"; null
    /// where it is malformed.
    /// </summary>
    public static byte[]? ToJson(ReadOnlySpan<byte> body)
    {
        try
        {
            var series = new JsonArray();
            var reader = new WireReader(body);
            while (reader.Next())
            {
                if (reader.Is(1, WireType.Bytes))
                {
                    var one = Series(reader.Bytes);
                    one["raw"] = Convert.ToBase64String(reader.Whole);
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

    private static JsonObject Series(ReadOnlySpan<byte> message)
    {
        var series = new JsonObject
        {
            ["metric"] = "",
            ["points"] = new JsonArray(),
            ["type"] = 0,
        };
        var reader = new WireReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when reader.Type is WireType.Bytes:
                    Append(series, "resources", Resource(reader.Bytes));
                    break;
                case 2 when reader.Type is WireType.Bytes:
                    series["metric"] = reader.Text;
                    break;
                case 3 when reader.Type is WireType.Bytes:
                    Append(series, "tags", reader.Text);
                    break;
                case 4 when reader.Type is WireType.Bytes:
                    Append(series, "points", Point(reader.Bytes));
                    break;
                case 5 when reader.Type is WireType.Varint:
                    series["type"] = (long)reader.Number;
                    break;
                case 6 when reader.Type is WireType.Bytes:
                    series["unit"] = reader.Text;
                    break;
                case 7 when reader.Type is WireType.Bytes:
                    series["source_type_name"] = reader.Text;
                    break;
                case 8 when reader.Type is WireType.Varint:
                    series["interval"] = (long)reader.Number;
                    break;
            }
        }

        return series;
    }

    private static JsonObject Resource(ReadOnlySpan<byte> message)
    {
        var resource = new JsonObject();
        var reader = new WireReader(message);
        while (reader.Next())
        {
            if (reader.Type is WireType.Bytes && reader.Field is 1 or 2)
            {
                resource[reader.Field == 1 ? "type" : "name"] = reader.Text;
            }
        }

        return resource;
    }

    // A value of zero is left out on the wire, so both start from it. NaN has no JSON, and no point has it.
    private static JsonObject Point(ReadOnlySpan<byte> message)
    {
        var (value, timestamp) = (0d, 0L);
        var reader = new WireReader(message);
        while (reader.Next())
        {
            value = reader.Is(1, WireType.Fixed64) ? BitConverter.UInt64BitsToDouble(reader.Number) : value;
            timestamp = reader.Is(2, WireType.Varint) ? (long)reader.Number : timestamp;
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
}
