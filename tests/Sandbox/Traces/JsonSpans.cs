using System.Text.Json;
using System.Text.Json.Serialization;
using Partner.Sandbox.Intake;

namespace Partner.Sandbox.Traces;

/// <summary>{"traces":[{"spans":[...]}]} of the JSON span intake (datadog-facts 3.6c).</summary>
internal static class JsonSpans
{
    public static List<SpanLine> Read(ReadOnlyMemory<byte> body) =>
        [
            .. (
                JsonSerializer.Deserialize<Payload>(Readable.Of(body.Span))?.Traces
                ?? throw new JsonException("There are no traces.")
            )
                .SelectMany(trace => trace.Spans)
                .Select(span => new SpanLine
                {
                    TraceId = Id(span.TraceId, 16, 32),
                    SpanId = Id(span.SpanId, 16),
                    ParentId = span.ParentId.Trim('0') == "" ? "" : Id(span.ParentId, 16),
                    Name = span.Name,
                    Service = span.Service,
                    Resource = span.Resource,
                    Start = span.Start,
                    Duration = span.Duration,
                }),
        ];

    private static string Id(string hex, params ReadOnlySpan<int> lengths) =>
        lengths.Contains(hex.Length) && hex.All(c => char.IsAsciiDigit(c) || char.IsAsciiHexDigitLower(c))
            ? hex
            : throw new JsonException("An id is lower-case hex of 16 characters, or of 32 for a trace.");

    private sealed record Payload([property: JsonPropertyName("traces")] IReadOnlyList<Trace> Traces);

    private sealed record Trace([property: JsonPropertyName("spans"), JsonRequired] IReadOnlyList<Span> Spans);

    private sealed record Span
    {
        [JsonPropertyName("trace_id")]
        public required string TraceId { get; init; }

        [JsonPropertyName("span_id")]
        public required string SpanId { get; init; }

        [JsonPropertyName("parent_id")]
        public string ParentId { get; init; } = "";

        [JsonPropertyName("name")]
        public string Name { get; init; } = "";

        [JsonPropertyName("service")]
        public string Service { get; init; } = "";

        [JsonPropertyName("resource")]
        public string Resource { get; init; } = "";

        [JsonPropertyName("start")]
        public required long Start { get; init; }

        [JsonPropertyName("duration")]
        public long Duration { get; init; }
    }
}
