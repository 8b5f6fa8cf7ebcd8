using System.ComponentModel.DataAnnotations;
using Partner.ServiceDefaults;

namespace Partner.Traces;

/// <summary>The ways into Datadog (datadog-facts 3.6).</summary>
internal enum SinkKind
{
    /// <summary><c>otlp.&lt;site&gt;/v1/traces</c> (d); Datadog allows it per org.</summary>
    Otlp,

    /// <summary>
    /// <c>&lt;platform&gt;.integrations.otlp.&lt;site&gt;/v1/traces</c> (e); needs <c>Egress:OtlpPlatform</c>.
    /// </summary>
    PartnerOtlp,

    /// <summary><c>/api/v2/spans</c> (c).</summary>
    JsonSpans,

    /// <summary><c>trace.agent.&lt;site&gt;/api/v0.2/traces</c> (b).</summary>
    Agent,

    /// <summary>The site takes no traces.</summary>
    None,
}

internal sealed class TracesOptions
{
    public const string SectionName = "Traces";

    /// <summary>
    /// Site parameter to <c>otlp</c>, <c>partner-otlp</c>, <c>json-spans</c>, <c>agent</c> or <c>none</c>;
    /// <c>default</c> is for all others. Without any, OTLP where the site has a host for it, else JSON spans.
    /// </summary>
    public Dictionary<string, string> Sinks { get; init; } = [];

    /// <summary><c>dd-otlp-source</c>, as Datadog gave it to us; for the sink <c>otlp</c>.</summary>
    [RegularExpression("[A-Za-z0-9_.-]{1,100}")]
    public string? OtlpSource { get; init; }

    public static SinkKind? Parse(string? text) =>
        text switch
        {
            "otlp" => SinkKind.Otlp,
            "partner-otlp" => SinkKind.PartnerOtlp,
            "json-spans" => SinkKind.JsonSpans,
            "agent" => SinkKind.Agent,
            "none" => SinkKind.None,
            _ => null,
        };

    public SinkKind? For(string site) => Parse(Sinks.GetValueOrDefault(site) ?? Sinks.GetValueOrDefault("default"));
}

internal static class TracesOptionsBuilder
{
    public static void AddTracesOptions(this IHostApplicationBuilder builder) =>
        builder
            .Services.AddValidatedOptions<TracesOptions>(TracesOptions.SectionName)
            .Validate(
                options => options.Sinks.Values.All(sink => TracesOptions.Parse(sink) is not null),
                "Traces:Sinks: a sink is one of otlp, partner-otlp, json-spans, agent, none."
            );
}
