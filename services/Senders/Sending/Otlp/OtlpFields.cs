namespace Partner.Sending.Otlp;

/// <summary>
/// Field numbers of OTLP 1 that all signals have, https://github.com/open-telemetry/opentelemetry-proto (common/v1,
/// resource/v1, collector): a request is resources, each with scopes, each with items.
/// </summary>
public static class OtlpFields
{
    /// <summary>Of the request.</summary>
    public const int Resources = 1;

    public static class Resource
    {
        /// <summary>Of ResourceSpans, ResourceLogs, ResourceMetrics: the resource and its scopes.</summary>
        public const int Itself = 1,
            Scopes = 2,
            Attributes = 1;
    }

    public static class Scope
    {
        /// <summary>Of ScopeSpans, ScopeLogs, ScopeMetrics: the scope and its spans, logs or metrics.</summary>
        public const int Itself = 1,
            Items = 2,
            Name = 1,
            Version = 2,
            Attributes = 3;
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
