namespace Partner.Gateway.Site;

/// <summary>What Datadog has a host of its own for, and hence whose paths a host of the partner's site takes.</summary>
internal enum SiteProduct
{
    /// <summary>Metrics, events, checks, incidents, and the check of a key.</summary>
    Api,

    Logs,

    /// <summary>Events v2.</summary>
    Events,

    Otlp,

    /// <summary>What a tracer sends to its agent.</summary>
    Traces,

    /// <summary>The JSON spans of tracers without an agent.</summary>
    Spans,
}
