namespace Partner.Traces.Otlp;

/// <summary>Field numbers of OTLP 1 that traces alone have (trace/v1).</summary>
internal static class TraceFields
{
    public static class Span
    {
        public const int TraceId = 1,
            SpanId = 2,
            ParentSpanId = 4,
            Name = 5,
            Kind = 6,
            Start = 7,
            End = 8,
            Attributes = 9,
            Events = 11,
            Links = 13,
            Status = 15;
    }

    public static class Event
    {
        public const int Time = 1,
            Name = 2,
            Attributes = 3;
    }

    public static class Link
    {
        public const int TraceId = 1,
            SpanId = 2,
            TraceState = 3,
            Attributes = 4;
    }

    public static class Status
    {
        public const int Message = 2,
            Code = 3,
            Error = 2;
    }
}

/// <summary>
/// Attributes that have a field of their own in a Datadog span (docs: OpenTelemetry semantic mapping).
/// </summary>
internal static class OtlpName
{
    public const string Service = "service.name";
    public const string ServiceVersion = "service.version";
    public const string Environment = "deployment.environment.name";
    public const string OldEnvironment = "deployment.environment";
    public const string Operation = "operation.name";
    public const string Resource = "resource.name";
    public const string Type = "span.type";
    public const string Language = "telemetry.sdk.language";
}
