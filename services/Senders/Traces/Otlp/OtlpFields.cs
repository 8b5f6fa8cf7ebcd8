namespace Partner.Traces.Otlp;

/// <summary>
/// Field numbers of OTLP 1, https://github.com/open-telemetry/opentelemetry-proto (trace/v1, common/v1, resource/v1).
/// </summary>
internal static class OtlpFields
{
    public const int ResourceSpans = 1;

    public static class Resource
    {
        /// <summary>Of ResourceSpans: the resource and its scopes.</summary>
        public const int Itself = 1,
            Scopes = 2,
            Attributes = 1;
    }

    public static class Scope
    {
        /// <summary>Of ScopeSpans: the scope and its spans.</summary>
        public const int Itself = 1,
            Spans = 2,
            Name = 1,
            Version = 2;
    }

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

    public static class KeyValue
    {
        public const int Key = 1,
            Value = 2;
    }

    public static class Any
    {
        public const int Text = 1,
            Bool = 2,
            Int = 3,
            Double = 4,
            Array = 5,
            Map = 6,
            Bytes = 7,
            Values = 1;
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
