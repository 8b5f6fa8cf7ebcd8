using System.Globalization;

namespace Partner.Sandbox.Traces;

/// <summary>
/// AgentPayload by the published field numbers (datadog-agent, pkg/proto/datadog/trace: agent_payload.proto,
/// tracer_payload.proto, span.proto). The upper half of a 128-bit trace id is the tag _dd.p.tid.
/// </summary>
internal static class AgentSpans
{
    private const int TracerPayloads = 5;
    private const int Chunks = 6;
    private const int Spans = 3;

    public static List<SpanLine> Read(ReadOnlyMemory<byte> body)
    {
        var spans = new List<SpanLine>();
        var payload = new WireReader(body.Span);
        while (payload.Next())
        {
            if (payload.Field != TracerPayloads)
            {
                continue;
            }

            var tracer = new WireReader(payload.Bytes);
            while (tracer.Next())
            {
                if (tracer.Field == Chunks)
                {
                    ReadChunk(tracer.Bytes, spans);
                }
            }
        }

        return spans;
    }

    private static void ReadChunk(ReadOnlySpan<byte> message, List<SpanLine> spans)
    {
        // The tag stands on the first span of a chunk and counts for all of it.
        var upper = "";
        var chunk = new WireReader(message);
        while (chunk.Next())
        {
            if (chunk.Field == Spans)
            {
                spans.Add(ReadSpan(chunk.Bytes, ref upper));
            }
        }
    }

    private static SpanLine ReadSpan(ReadOnlySpan<byte> message, ref string upper)
    {
        var span = new SpanLine { TraceId = "", SpanId = "" };
        var fields = new WireReader(message);
        while (fields.Next())
        {
            span = fields.Field switch
            {
                1 => span with { Service = fields.Text },
                2 => span with { Name = fields.Text },
                3 => span with { Resource = fields.Text },
                4 => span with { TraceId = Hex(fields.Number) },
                5 => span with { SpanId = Hex(fields.Number) },
                6 => span with { ParentId = fields.Number == 0 ? "" : Hex(fields.Number) },
                7 => span with { Start = (long)fields.Number },
                8 => span with { Duration = (long)fields.Number },
                _ => span,
            };
            upper = fields.Field == 10 ? UpperHalf(fields.Bytes) ?? upper : upper;
        }

        return span.TraceId.Length == 0 || span.SpanId.Length == 0
            ? throw new InvalidDataException("A span has a trace id and a span id.")
            : span with
            {
                TraceId = upper + span.TraceId,
            };
    }

    private static string? UpperHalf(ReadOnlySpan<byte> meta)
    {
        var (key, value) = ("", "");
        var entry = new WireReader(meta);
        while (entry.Next())
        {
            (key, value) = entry.Field == 1 ? (entry.Text, value) : (key, entry.Text);
        }

        return key == "_dd.p.tid" ? value : null;
    }

    private static string Hex(ulong id) => id.ToString("x16", CultureInfo.InvariantCulture);
}
