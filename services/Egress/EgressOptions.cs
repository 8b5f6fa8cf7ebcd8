namespace Partner.Egress;

internal sealed class EgressOptions
{
    public const string SectionName = "Egress";

    /// <summary>A file in the form of Sites.json, in its place. Relative to the content root.</summary>
    public string? SitesPath { get; init; }

    /// <summary>
    /// Domains beside datadoghq.com, datadoghq.eu and ddog-gov.com that a site's parameter may be under. A setting of
    /// its own, so that a slip in the sites file alone cannot send anything elsewhere.
    /// </summary>
    public string[] AdditionalDomains { get; init; } = [];

    /// <summary>The one label of our own that Datadog has enabled before <c>.integrations.otlp.&lt;site&gt;</c>.</summary>
    public string? OtlpPlatform { get; init; }

    public SiteRealm Realm { get; init; } = SiteRealm.Commercial;

    /// <summary>Non-public networks (CIDR) that Datadog's hosts or the proxy may resolve to: PrivateLink.</summary>
    public string[] AllowedPrivateNetworks { get; init; } = [];

    /// <summary>Non-public networks (CIDR) in which a partner's own endpoints may be, for webhooks.</summary>
    public string[] PartnerNetworks { get; init; } = [];

    /// <summary>
    /// <c>http://host:port</c> of an egress proxy, which then resolves the names of Datadog and of partners' endpoints
    /// itself. The proxies of the environment (HTTPS_PROXY) are not used.
    /// </summary>
    public Uri? Proxy { get; init; }

    public SandboxOptions Sandbox { get; init; } = new();

    internal sealed class SandboxOptions
    {
        /// <summary><c>tcp://localhost:port</c> that is dialled instead of Datadog; in Development only.</summary>
        public Uri? Endpoint { get; init; }

        /// <summary><c>http://localhost:port</c> of its pages for people's browsers and of its CA.</summary>
        public Uri? Pages { get; init; }
    }
}
