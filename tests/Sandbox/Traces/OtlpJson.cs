using System.Globalization;
using System.Text.Json;
using Partner.Sandbox.Intake;

namespace Partner.Sandbox.Traces;

/// <summary>
/// OTLP as JSON: lowerCamelCase names, ids in hex, 64-bit numbers as strings or numbers
/// (opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
/// </summary>
internal static class OtlpJson
{
    public static List<SpanLine> Read(ReadOnlyMemory<byte> body)
    {
        using var json = JsonDocument.Parse(Readable.Of(body.Span));
        return
        [
            .. from resourceSpans in Elements(json.RootElement, "resourceSpans")
            let resource = Attributes(Property(resourceSpans, "resource"))
            from scopeSpans in Elements(resourceSpans, "scopeSpans")
            from span in Elements(scopeSpans, "spans")
            select ReadSpan(span).Under(resource),
        ];
    }

    private static OtlpSpan ReadSpan(JsonElement json)
    {
        var span = new OtlpSpan
        {
            TraceId = Text(json, "traceId"),
            SpanId = Text(json, "spanId"),
            ParentId = Text(json, "parentSpanId"),
            Name = Text(json, "name"),
            Start = Number(json, "startTimeUnixNano"),
            End = Number(json, "endTimeUnixNano"),
        };
        foreach (var (key, value) in Attributes(json))
        {
            span.Attributes[key] = value;
        }

        return span;
    }

    private static Dictionary<string, string> Attributes(JsonElement? owner)
    {
        var attributes = new Dictionary<string, string>();
        foreach (var attribute in owner is { } json ? Elements(json, "attributes") : [])
        {
            if (Property(attribute, "value") is { } value && Property(value, "stringValue") is not null)
            {
                attributes[Text(attribute, "key")] = Text(value, "stringValue");
            }
        }

        return attributes;
    }

    private static IEnumerable<JsonElement> Elements(JsonElement json, string name) =>
        Property(json, name) switch
        {
            null => [],
            { ValueKind: JsonValueKind.Array } array => array.EnumerateArray(),
            _ => throw new JsonException($"{name} is an array."),
        };

    private static string Text(JsonElement json, string name) =>
        Property(json, name) switch
        {
            null => "",
            { ValueKind: JsonValueKind.String } text => text.GetString()!,
            _ => throw new JsonException($"{name} is a string."),
        };

    private static ulong Number(JsonElement json, string name) =>
        Property(json, name) is not { } number ? 0
        : ulong.TryParse(number.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value
        : throw new JsonException($"{name} is a number.");

    private static JsonElement? Property(JsonElement json, string name) =>
        json.ValueKind is not JsonValueKind.Object ? throw new JsonException("An object was expected.")
        : json.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value
        : null;
}
