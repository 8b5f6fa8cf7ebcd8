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
    /// <exception cref="MalformedException">It is not that.</exception>
    public static List<IReadOnlyList<Span>> FromMessagePack(ReadOnlySpan<byte> body)
    {
        var reader = new MessagePackReader(body);
        return Read(ref reader);
    }

    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="MalformedException">It is not that.</exception>
    public static List<IReadOnlyList<Span>> FromJson(ReadOnlySpan<byte> body)
    {
        var reader = new JsonSpanReader(body);
        return Read(ref reader);
    }

    private static List<IReadOnlyList<Span>> Read<TReader>(ref TReader reader)
        where TReader : ISpanReader, allows ref struct
    {
        var traces = new List<IReadOnlyList<Span>>();
        for (var left = reader.ReadArray(); reader.Next(ref left);)
        {
            var trace = new List<Span>();
            for (var spans = reader.ReadArray(); reader.Next(ref spans);)
            {
                trace.Add(ReadSpan(ref reader));
            }

            traces.Add(trace);
        }

        reader.End();
        return traces;
    }

    private static Span ReadSpan<TReader>(ref TReader reader)
        where TReader : ISpanReader, allows ref struct
    {
        var span = new Span();
        for (var left = reader.ReadMap(); reader.Next(ref left);)
        {
            ReadField(ref reader, span);
        }

        return Finish(span);
    }

    private static void ReadField<TReader>(ref TReader reader, Span span)
        where TReader : ISpanReader, allows ref struct
    {
        switch (reader.ReadKey())
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
                ReadTags(ref reader, span.Meta, static (ref r) => r.ReadString());
                break;
            case "metrics":
                ReadTags(ref reader, span.Metrics, static (ref r) => r.ReadDouble());
                break;
            case "meta_struct" when TReader.HasBytes:
                ReadTags(ref reader, span.MetaStruct, static (ref r) => r.ReadBytes().ToArray());
                break;
            default:
                reader.Skip();
                break;
        }
    }

    private static void ReadTags<TReader, TValue>(
        ref TReader reader, Dictionary<string, TValue> tags, ValueOf<TReader, TValue> read)
        where TReader : ISpanReader, allows ref struct
    {
        for (var left = reader.ReadMap(); reader.Next(ref left);)
        {
            tags[reader.ReadKey()] = read(ref reader);
        }
    }

    private static Span Finish(Span span)
    {
        if (span.TraceId == 0 || span.SpanId == 0)
        {
            throw new MalformedException("A span has no trace_id or no span_id.");
        }

        span.TraceIdHigh = ulong.TryParse(
            span.Meta.GetValueOrDefault(Tag.TraceIdHigh), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)
            ? high
            : 0;
        return span.Normalize();
    }

    private delegate TValue ValueOf<TReader, TValue>(ref TReader reader)
        where TReader : allows ref struct;
}
