using Partner.Traces.Wire;

namespace Partner.Traces.Agent;

/// <summary>
/// The AgentPayload of <c>/api/v0.2/traces</c> (datadog-facts 3.6 b), field numbers of
/// https://github.com/DataDog/datadog-agent/tree/main/pkg/proto/datadog/trace. An item is one TracerPayload per trace;
/// in a row they are a payload.
/// </summary>
internal static class AgentPayload
{
    private const int TracerPayloads = 5;
    private const int DefaultPriority = 1;

    public static readonly BatchTarget Target = new(
        "/api/v0.2/traces",
        "application/x-protobuf",
        default,
        default,
        default
    );

    public static ReadOnlyMemory<byte> Encode(ReadOnlyMemory<byte> item)
    {
        var writer = new ProtoWriter(item.Length * 2);
        foreach (var trace in TraceGroups.Of(item.Span))
        {
            var payload = writer.Begin(TracerPayloads);
            writer.StringIfAny(2, trace[0].Meta.GetValueOrDefault(Tag.Language) ?? "");
            WriteChunk(writer, trace);
            writer.StringIfAny(8, trace[0].Meta.GetValueOrDefault(Tag.Environment) ?? "");
            writer.StringIfAny(10, trace[0].Meta.GetValueOrDefault(Tag.Version) ?? "");
            writer.End(payload);
        }

        return writer.Written;
    }

    private static void WriteChunk(ProtoWriter writer, List<Span> trace)
    {
        var priority =
            trace
                .Select(span => span.Metrics.TryGetValue(Tag.SamplingPriority, out var value) ? (double?)value : null)
                .FirstOrDefault(value => value is not null)
            ?? DefaultPriority;
        if (trace[0].TraceIdHigh != 0)
        {
            trace[0].Meta[Tag.TraceIdHigh] = HexId.Of(trace[0].TraceIdHigh);
        }

        var chunk = writer.Begin(6);
        writer.Varint(1, (ulong)(long)priority);
        writer.StringIfAny(2, trace[0].Meta.GetValueOrDefault(Tag.Origin) ?? "");
        var topLevel = TraceGroups.TopLevel(trace);
        foreach (var (i, span) in trace.Index())
        {
            if (topLevel[i])
            {
                span.Metrics[Tag.TopLevel] = 1;
            }

            var message = writer.Begin(3);
            WriteSpan(writer, span);
            writer.End(message);
        }

        writer.End(chunk);
    }

    private static void WriteSpan(ProtoWriter writer, Span span)
    {
        writer.String(1, span.Service);
        writer.String(2, span.Name);
        writer.String(3, span.Resource);
        writer.Varint(4, span.TraceId);
        writer.Varint(5, span.SpanId);
        writer.Varint(6, span.ParentId);
        writer.Varint(7, (ulong)span.Start);
        writer.Varint(8, (ulong)span.Duration);
        writer.Varint(9, span.Error ? 1UL : 0UL);
        foreach (var (key, value) in span.Meta)
        {
            WriteEntry(writer, 10, key, () => writer.String(2, value));
        }

        foreach (var (key, value) in span.Metrics)
        {
            WriteEntry(writer, 11, key, () => writer.Double(2, value));
        }

        writer.StringIfAny(12, span.Type);
        foreach (var (key, value) in span.MetaStruct)
        {
            WriteEntry(writer, 13, key, () => writer.Bytes(2, value));
        }
    }

    private static void WriteEntry(ProtoWriter writer, int field, string key, Action writeValue)
    {
        var entry = writer.Begin(field);
        writer.String(1, key);
        writeValue();
        writer.End(entry);
    }
}
