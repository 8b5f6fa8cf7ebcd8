using System.Text;
using System.Text.Json;
using Partner.Traces.Wire;

namespace Partner.Traces.Otlp;

/// <summary>
/// A span while it is read: what has its place in a Datadog span already, and what is still to be mapped.
/// </summary>
internal sealed class OtlpSpan
{
    private List<string>? _events;
    private List<string>? _links;

    public Span Span { get; } = new();

    public string Name { get; set; } = "";

    /// <summary>SpanKind: 1 internal, 2 server, 3 client, 4 producer, 5 consumer.</summary>
    public int Kind { get; set; }

    public string StatusMessage { get; set; } = "";

    public string? Events => _events is null ? null : $"[{string.Join(',', _events)}]";

    public string? Links => _links is null ? null : $"[{string.Join(',', _links)}]";

    public void AddEvent(ReadOnlySpan<byte> message)
    {
        using var buffer = new MemoryStream();
        using var json = new Utf8JsonWriter(buffer);
        var (time, name) = (0UL, "");
        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            switch (reader.Field)
            {
                case TraceFields.Event.Time:
                    time = reader.ReadFixed64();
                    break;
                case TraceFields.Event.Name:
                    name = reader.ReadString();
                    break;
            }
        }

        json.WriteStartObject();
        json.WriteNumber("time_unix_nano", time);
        json.WriteString("name", name);
        WriteAttributes(json, message, TraceFields.Event.Attributes);
        json.WriteEndObject();
        json.Flush();
        (_events ??= []).Add(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    public void AddLink(ReadOnlySpan<byte> message)
    {
        using var buffer = new MemoryStream();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            switch (reader.Field)
            {
                case TraceFields.Link.TraceId:
                    var (high, low) = OtlpReader.ReadTraceId(reader.ReadBytes());
                    json.WriteString("trace_id", HexId.Of(high) + HexId.Of(low));
                    break;
                case TraceFields.Link.SpanId:
                    json.WriteString("span_id", HexId.Of(OtlpReader.ReadId(reader.ReadBytes())));
                    break;
                case TraceFields.Link.TraceState:
                    json.WriteString("tracestate", reader.ReadString());
                    break;
            }
        }

        WriteAttributes(json, message, TraceFields.Link.Attributes);
        json.WriteEndObject();
        json.Flush();
        (_links ??= []).Add(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    private static void WriteAttributes(Utf8JsonWriter json, ReadOnlySpan<byte> message, int field)
    {
        json.WriteStartObject("attributes");
        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            if (reader.Field == field)
            {
                OtlpValue.WriteMember(json, reader.ReadBytes());
            }
        }

        json.WriteEndObject();
    }
}
