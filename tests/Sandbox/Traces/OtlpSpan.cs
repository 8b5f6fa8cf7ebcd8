namespace Partner.Sandbox.Traces;

/// <summary>A span of OTLP, and how Datadog reads it (docs.datadoghq.com/opentelemetry/mapping).</summary>
internal sealed class OtlpSpan
{
    public string TraceId { get; set; } = "";

    public string SpanId { get; set; } = "";

    public string ParentId { get; set; } = "";

    public string Name { get; set; } = "";

    public ulong Start { get; set; }

    public ulong End { get; set; }

    public Dictionary<string, string> Attributes { get; } = [];

    public SpanLine Under(IReadOnlyDictionary<string, string> resource) =>
        new()
        {
            TraceId = Id(TraceId, 32),
            SpanId = Id(SpanId, 16),
            ParentId = ParentId.Trim('0') == "" ? "" : Id(ParentId, 16),
            Name = Attributes.GetValueOrDefault("operation.name", Name),
            Service = Attributes.GetValueOrDefault("service.name", resource.GetValueOrDefault("service.name", "")),
            Resource = Attributes.GetValueOrDefault("resource.name", Name),
            Start = (long)Start,
            Duration = (long)(End - Start),
        };

    // An id of another length, or of zeros alone, is none (opentelemetry.io/docs/specs/otel/trace/api/#spancontext).
    private static string Id(string hex, int length) =>
        hex.Length == length && hex.All(char.IsAsciiHexDigit) && hex.Trim('0') != ""
            ? hex.ToLowerInvariant()
            : throw new InvalidDataException("A span has an id of 8 bytes, and a trace one of 16.");
}
