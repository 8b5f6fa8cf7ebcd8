using System.Buffers;
using System.Text.Json;
using Partner.Traces.Wire;

namespace Partner.Traces.Agent;

/// <summary>
/// <c>{"traces":[{"spans":[...]}]}</c> (datadog-facts 3.6 c). Ids are lower-case hex of 64 bits, the upper half of a
/// trace's a tag of its first span, as dd-trace 6.21 has it, which says that this intake takes no others; start is in
/// nanoseconds, as dd-trace-py and the test agent have it.
/// </summary>
internal static class JsonSpans
{
    public static readonly BatchTarget Target = new(
        "/api/v2/spans",
        "application/json",
        "{\"traces\":["u8.ToArray(),
        ","u8.ToArray(),
        "]}"u8.ToArray()
    );

    public static ReadOnlyMemory<byte> Encode(ReadOnlyMemory<byte> item)
    {
        var buffer = new ArrayBufferWriter<byte>(item.Length * 2);
        using var json = new Utf8JsonWriter(buffer);
        foreach (var trace in TraceGroups.Of(item.Span))
        {
            if (buffer.WrittenCount > 0)
            {
                buffer.Write(","u8);
            }

            json.WriteStartObject();
            json.WriteStartArray("spans");
            var topLevel = TraceGroups.TopLevel(trace);
            for (var i = 0; i < trace.Count; i++)
            {
                Write(json, trace[i], isFirst: i == 0, topLevel[i]);
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.Flush();
            json.Reset();
        }

        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter json, Span span, bool isFirst, bool isTopLevel)
    {
        json.WriteStartObject();
        json.WriteString("trace_id", HexId.Of(span.TraceId));
        json.WriteString("span_id", HexId.Of(span.SpanId));
        json.WriteString("parent_id", HexId.Of(span.ParentId));
        json.WriteString("service", span.Service);
        json.WriteString("name", span.Name);
        json.WriteString("resource", span.Resource);
        json.WriteString("type", span.Type);
        json.WriteNumber("start", span.Start);
        json.WriteNumber("duration", span.Duration);
        json.WriteNumber("error", span.Error ? 1 : 0);
        json.WriteStartObject("meta");
        foreach (var (key, value) in span.Meta.Where(tag => tag.Key is not (Tag.ComputeStats or Tag.TraceIdHigh)))
        {
            json.WriteString(key, value);
        }

        if (isFirst)
        {
            // Only Datadog sees all spans, so Datadog computes the trace metrics.
            json.WriteString(Tag.ComputeStats, "1");
            if (span.TraceIdHigh != 0)
            {
                json.WriteString(Tag.TraceIdHigh, HexId.Of(span.TraceIdHigh));
            }
        }

        json.WriteEndObject();
        WriteMetrics(json, span, isTopLevel);
        if (span.MetaStruct.Count > 0)
        {
            json.WriteStartObject("meta_struct");
            foreach (var (key, value) in span.MetaStruct)
            {
                json.WriteBase64String(key, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteMetrics(Utf8JsonWriter json, Span span, bool isTopLevel)
    {
        if (span.ParentId == 0)
        {
            span.Metrics[Tag.TraceRoot] = 1;
        }

        if (isTopLevel)
        {
            span.Metrics[Tag.TopLevel] = 1;
        }

        json.WriteStartObject("metrics");
        foreach (var (key, value) in span.Metrics.Where(metric => double.IsFinite(metric.Value)))
        {
            json.WriteNumber(key, value);
        }

        json.WriteEndObject();
    }
}
