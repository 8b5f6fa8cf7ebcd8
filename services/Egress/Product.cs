namespace Partner.Egress;

/// <summary>What a site may have a host for (datadog-facts 1.2, 1.3).</summary>
public enum Product
{
    /// <summary>
    /// <c>api.&lt;site&gt;</c>: metrics, events v1, checks, incidents, reads, OAuth tokens, the marketplace key.
    /// </summary>
    Api,

    /// <summary><c>http-intake.logs.&lt;site&gt;</c>.</summary>
    Logs,

    /// <summary><c>event-management-intake.&lt;site&gt;</c>: events v2.</summary>
    Events,

    /// <summary><c>otlp.&lt;site&gt;</c>; the government sites have none.</summary>
    Otlp,

    /// <summary><c>trace.agent.&lt;site&gt;</c>: the agent's trace intake.</summary>
    Traces,

    /// <summary>JSON span intake; its names follow no single pattern.</summary>
    Spans,

    /// <summary>
    /// <c>&lt;platform&gt;.integrations.otlp.&lt;site&gt;</c>, where <c>Egress:OtlpPlatform</c> names the platform.
    /// </summary>
    PartnerOtlp,
}
