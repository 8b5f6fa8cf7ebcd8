using System.Text.Json.Serialization;
using Partner.Egress;

namespace Partner.Auth.Connections;

/// <summary>What is known of something that a connection might do; the names are what the partner API shows.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CapabilityState>))]
public enum CapabilityState
{
    /// <summary>Tried after connecting, and Datadog did it.</summary>
    [JsonStringEnumMemberName("works")]
    Works,

    /// <summary>The scopes are there; trying it would change the customer's data.</summary>
    [JsonStringEnumMemberName("granted")]
    Granted,

    /// <summary>The grant has not all of its scopes.</summary>
    [JsonStringEnumMemberName("missing_scope")]
    MissingScope,

    /// <summary>The scopes are there and Datadog refuses all the same (datadog-facts 2.10).</summary>
    [JsonStringEnumMemberName("refused")]
    Refused,

    /// <summary>The site has no host for it (datadog-facts 1.2).</summary>
    [JsonStringEnumMemberName("unsupported")]
    Unsupported,

    /// <summary>There is no API key to send with.</summary>
    [JsonStringEnumMemberName("no_api_key")]
    NoApiKey,

    /// <summary>There is no authorisation any more.</summary>
    [JsonStringEnumMemberName("no_grant")]
    NoGrant,

    /// <summary>The client does not ask for it.</summary>
    [JsonStringEnumMemberName("not_requested")]
    NotRequested,

    /// <summary>It has not been tried yet, or Datadog did not answer.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,
}

/// <summary>A data type that can be sent, or something that can be read.</summary>
/// <param name="Scopes">All of them are needed.</param>
/// <param name="Hosts">Any of these; none: the API host, which every site has.</param>
internal sealed record Capability(string Name, bool IsSend, string[] Scopes, Product[] Hosts, Probe? Probe = null)
{
    private const string Key = "api_keys_write";

    /// <summary>Sent with the API key, so whether they work is whether the key lives (datadog-facts 2.9).</summary>
    public bool ByKey => Scopes is [Key];

    public static readonly IReadOnlyList<Capability> All =
    [
        new("metrics", true, [Key], []),
        new("logs", true, [Key], [Product.Logs]),
        new("events", true, [Key], []),
        new("service_checks", true, [Key], []),
        new("traces", true, [Key], [Product.Otlp, Product.PartnerOtlp, Product.Spans, Product.Traces]),
        new("incidents", true, ["incident_write"], []),
        new(
            "timeseries",
            false,
            ["timeseries_query"],
            [],
            new Probe(HttpMethod.Get, "/api/v1/query?from={from}&to={to}&query=avg%3Asystem.cpu.user%7B*%7D")
        ),
        new("metric_names", false, ["metrics_read"], [], new Probe(HttpMethod.Get, "/api/v2/metrics?page%5Bsize%5D=1")),
        new(
            "logs",
            false,
            ["logs_read_data", "logs_read_index_data"],
            [],
            new Probe(
                HttpMethod.Post,
                "/api/v2/logs/events/search",
                """{"filter":{"from":"now-5m","to":"now"},"page":{"limit":1}}"""
            )
        ),
        new("monitors", false, ["monitors_read"], [], new Probe(HttpMethod.Get, "/api/v1/monitor?page=0&page_size=1")),
        new(
            "dashboards",
            false,
            ["dashboards_read"],
            [],
            new Probe(HttpMethod.Get, "/api/v1/dashboard?count=1&start=0")
        ),
        new("incidents", false, ["incident_read"], [], new Probe(HttpMethod.Get, "/api/v2/incidents?page%5Bsize%5D=1")),
    ];

    /// <summary>Unique: one data type may be both sent and read.</summary>
    public string Id => $"{(IsSend ? "send" : "read")}:{Name}";

    public bool IsSupported(DatadogSite site) => Hosts.Length == 0 || Hosts.Any(site.Hosts.ContainsKey);
}

/// <summary>A request that reads as little as it can and changes nothing.</summary>
internal sealed record Probe(HttpMethod Method, string Path, string? Body = null);

/// <summary>What was tried, when, and how it went; kept with the connection.</summary>
internal sealed record ProbeResults(
    [property: JsonPropertyName("at")] DateTimeOffset At,
    [property: JsonPropertyName("results")] IReadOnlyDictionary<string, CapabilityState> Results
)
{
    public bool AnyRefused => Results.Values.Contains(CapabilityState.Refused);
}

/// <summary>One line of what a connection can do.</summary>
/// <param name="MissingScopes">Those of its scopes that the grant has not.</param>
public sealed record CapabilityView(
    string Name,
    string Kind,
    CapabilityState State,
    [property: JsonPropertyName("missing_scopes")] IReadOnlyList<string> MissingScopes
)
{
    internal static IReadOnlyList<CapabilityView> Of(Connection connection) =>
        [.. Capability.All.Select(capability => Of(connection, capability))];

    private static CapabilityView Of(Connection connection, Capability capability)
    {
        var known =
            connection.Probes?.Results.GetValueOrDefault(capability.Id, CapabilityState.Unknown)
            ?? CapabilityState.Unknown;
        var missing = Scopes.Missing(capability.Scopes, connection.Scopes);
        var state = known switch
        {
            CapabilityState.NotRequested or CapabilityState.Unsupported => known,
            _ when !connection.HasGrant => CapabilityState.NoGrant,
            _ when missing.Count > 0 => CapabilityState.MissingScope,
            _ when capability.ByKey && connection.KeyId is null => CapabilityState.NoApiKey,
            _ when capability.ByKey && connection.Reason == ConnectionReasons.KeyRejected => CapabilityState.Refused,
            // A scope that was granted since was not tried.
            CapabilityState.MissingScope => CapabilityState.Unknown,
            _ => known,
        };
        return new CapabilityView(
            capability.Name,
            capability.IsSend ? "send" : "read",
            state,
            state == CapabilityState.MissingScope ? missing : []
        );
    }
}
