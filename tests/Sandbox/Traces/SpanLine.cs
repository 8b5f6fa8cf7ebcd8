using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Partner.Sandbox.Intake;

namespace Partner.Sandbox.Traces;

/// <summary>
/// One span, whatever format it came in, as one line of JSON. Ids are lower-case hex as sent, 16 or 32 characters; a
/// root's parent is "". Times are as sent: nanoseconds, but for JSON spans, where the unit is ND (datadog-facts 9.7).
/// </summary>
internal sealed record SpanLine
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public required string TraceId { get; init; }

    public required string SpanId { get; init; }

    public string ParentId { get; init; } = "";

    public string Name { get; init; } = "";

    public string Service { get; init; } = "";

    public string Resource { get; init; } = "";

    public long Start { get; init; }

    public long Duration { get; init; }

    public ArrivedItem ToItem()
    {
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line, Options))
        {
            json.WriteStartObject();
            json.WriteString("trace_id", TraceId);
            json.WriteString("span_id", SpanId);
            json.WriteString("parent_id", ParentId);
            json.WriteString("name", Name);
            json.WriteString("service", Service);
            json.WriteString("resource", Resource);
            json.WriteNumber("start", Start);
            json.WriteNumber("duration", Duration);
            json.WriteEndObject();
        }

        return new ArrivedItem(line.WrittenMemory, Fate.Kept);
    }
}
