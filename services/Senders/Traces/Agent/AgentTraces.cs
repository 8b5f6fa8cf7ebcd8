using System.Globalization;
using System.Text.Json;
using Partner.Traces.Wire;

namespace Partner.Traces.Agent;

/// <summary>
/// What tracers send to the agent's v0.4 (datadog-facts 3.6 a), <c>[[{"trace_id":1,"span_id":2,"service":"web",
/// "name":"request","resource":"GET /","start":1,"duration":2,"meta":{},"metrics":{}}]]</c>, as MessagePack or JSON.
/// </summary>
internal static class AgentTraces
{
    private const int MaxDepth = 64;

    /// <exception cref="MalformedException">It is not that.</exception>
    public static List<IReadOnlyList<Span>> FromMessagePack(ReadOnlySpan<byte> body)
    {
        var traces = new List<IReadOnlyList<Span>>();
        var reader = new MessagePackReader(body);
        for (var left = reader.ReadArray(); left > 0; left--)
        {
            var trace = new List<Span>();
            for (var spans = reader.ReadArray(); spans > 0; spans--)
            {
                trace.Add(ReadSpan(ref reader));
            }

            traces.Add(trace);
        }

        return reader.IsAtEnd ? traces : throw new MalformedException("The MessagePack body goes on behind its end.");
    }

    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="MalformedException">It is not that.</exception>
    public static List<IReadOnlyList<Span>> FromJson(ReadOnlySpan<byte> body)
    {
        var traces = new List<IReadOnlyList<Span>>();
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        reader.Read();
        Expect(ref reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Expect(ref reader, JsonTokenType.StartArray);
            var trace = new List<Span>();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                Expect(ref reader, JsonTokenType.StartObject);
                trace.Add(ReadSpan(ref reader));
            }

            traces.Add(trace);
        }

        while (reader.Read())
        {
        }

        return traces;
    }

    private static Span ReadSpan(ref MessagePackReader reader)
    {
        var span = new Span();
        for (var left = reader.ReadMap(); left > 0; left--)
        {
            switch (reader.ReadString())
            {
                case "service":
                    span.Service = reader.ReadString();
                    break;
                case "name":
                    span.Name = reader.ReadString();
                    break;
                case "resource":
                    span.Resource = reader.ReadString();
                    break;
                case "type":
                    span.Type = reader.ReadString();
                    break;
                case "trace_id":
                    span.TraceId = reader.ReadInteger();
                    break;
                case "span_id":
                    span.SpanId = reader.ReadInteger();
                    break;
                case "parent_id":
                    span.ParentId = reader.ReadInteger();
                    break;
                case "start":
                    span.Start = (long)reader.ReadInteger();
                    break;
                case "duration":
                    span.Duration = (long)reader.ReadInteger();
                    break;
                case "error":
                    span.Error = reader.ReadInteger() != 0;
                    break;
                case "meta":
                    for (var tags = reader.ReadMap(); tags > 0; tags--)
                    {
                        span.Meta[reader.ReadString()] = reader.ReadString();
                    }

                    break;
                case "metrics":
                    for (var tags = reader.ReadMap(); tags > 0; tags--)
                    {
                        span.Metrics[reader.ReadString()] = reader.ReadDouble();
                    }

                    break;
                case "meta_struct":
                    for (var tags = reader.ReadMap(); tags > 0; tags--)
                    {
                        span.MetaStruct[reader.ReadString()] = reader.ReadBytes().ToArray();
                    }

                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return Finish(span);
    }

    private static Span ReadSpan(ref Utf8JsonReader reader)
    {
        var span = new Span();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = JsonText.Read(ref reader);
            reader.Read();
            switch (name)
            {
                case "service":
                    span.Service = Text(ref reader);
                    break;
                case "name":
                    span.Name = Text(ref reader);
                    break;
                case "resource":
                    span.Resource = Text(ref reader);
                    break;
                case "type":
                    span.Type = Text(ref reader);
                    break;
                case "trace_id":
                    span.TraceId = Whole(ref reader);
                    break;
                case "span_id":
                    span.SpanId = Whole(ref reader);
                    break;
                case "parent_id":
                    span.ParentId = Whole(ref reader);
                    break;
                case "start":
                    span.Start = (long)Whole(ref reader);
                    break;
                case "duration":
                    span.Duration = (long)Whole(ref reader);
                    break;
                case "error":
                    span.Error = Whole(ref reader) != 0;
                    break;
                case "meta" when reader.TokenType != JsonTokenType.Null:
                    ReadMeta(ref reader, span);
                    break;
                case "metrics" when reader.TokenType != JsonTokenType.Null:
                    ReadMetrics(ref reader, span);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return Finish(span);
    }

    private static void ReadMeta(ref Utf8JsonReader reader, Span span)
    {
        Expect(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = JsonText.Read(ref reader);
            reader.Read();
            span.Meta[key] = Text(ref reader);
        }
    }

    private static void ReadMetrics(ref Utf8JsonReader reader, Span span)
    {
        Expect(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = JsonText.Read(ref reader);
            reader.Read();
            Expect(ref reader, JsonTokenType.Number);
            span.Metrics[key] = reader.GetDouble();
        }
    }

    private static Span Finish(Span span)
    {
        if (span.TraceId == 0 || span.SpanId == 0)
        {
            throw new MalformedException("A span has no trace_id or no span_id.");
        }

        span.TraceIdHigh = ulong.TryParse(
            span.Meta.GetValueOrDefault(Tag.TraceIdHigh), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high) ? high : 0;
        return span.Normalize();
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return "";
        }

        Expect(ref reader, JsonTokenType.String);
        return JsonText.Read(ref reader);
    }

    private static ulong Whole(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return 0;
        }

        Expect(ref reader, JsonTokenType.Number);
        return reader.TryGetUInt64(out var number) ? number : reader.TryGetInt64(out var negative)
            ? (ulong)negative
            : throw new MalformedException("A number of a span is not a whole one of 64 bits.");
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (reader.TokenType != type)
        {
            throw new MalformedException("The body is not an array of arrays of spans.");
        }
    }
}
