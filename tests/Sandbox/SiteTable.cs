using System.Collections.Frozen;

namespace Partner.Sandbox;

/// <summary>The nine sites of datadog-facts 1.1, with the irregular names of 1.3 written out.</summary>
public static class SiteTable
{
    public static readonly IReadOnlyList<Site> All =
    [
        new(
            "US1",
            "datadoghq.com",
            "app.datadoghq.com",
            "browser-intake-datadoghq.com",
            "public-trace-http-intake.logs.datadoghq.com",
            "trace.browser-intake-datadoghq.com"
        ),
        new(
            "US3",
            "us3.datadoghq.com",
            "us3.datadoghq.com",
            "browser-intake-us3-datadoghq.com",
            "trace.browser-intake-us3-datadoghq.com"
        ),
        new(
            "US5",
            "us5.datadoghq.com",
            "us5.datadoghq.com",
            "browser-intake-us5-datadoghq.com",
            "trace.browser-intake-us5-datadoghq.com"
        ),
        new(
            "EU1",
            "datadoghq.eu",
            "app.datadoghq.eu",
            "browser-intake-datadoghq.eu",
            "public-trace-http-intake.logs.datadoghq.eu"
        ),
        new(
            "AP1",
            "ap1.datadoghq.com",
            "ap1.datadoghq.com",
            "browser-intake-ap1-datadoghq.com",
            "browser-intake-ap1-datadoghq.com"
        ),
        new(
            "AP2",
            "ap2.datadoghq.com",
            "ap2.datadoghq.com",
            "browser-intake-ap2-datadoghq.com",
            "browser-intake-ap2-datadoghq.com"
        ),
        new(
            "UK1",
            "uk1.datadoghq.com",
            "uk1.datadoghq.com",
            "browser-intake-uk1-datadoghq.com",
            "browser-intake-uk1-datadoghq.com"
        ),
        new(
            "US1-FED",
            "ddog-gov.com",
            "app.ddog-gov.com",
            "browser-intake-ddog-gov.com",
            "browser-intake-ddog-gov.com",
            "trace.browser-intake-ddog-gov.com"
        ),
        new(
            "US2-FED",
            "us2.ddog-gov.com",
            "us2.ddog-gov.com",
            "browser-intake-us2-ddog-gov.com",
            "browser-intake-us2-ddog-gov.com"
        ),
    ];

    private static readonly FrozenDictionary<string, DatadogHost> ByHost = All.SelectMany(site =>
            site.Hosts().Select(h => (h.Host, Site: site, h.Product))
        )
        .GroupBy(h => h.Host, StringComparer.OrdinalIgnoreCase)
        .ToFrozenDictionary(
            g => g.Key,
            g => new DatadogHost(g.First().Site, g.Aggregate(Product.None, (all, h) => all | h.Product), g.Key),
            StringComparer.OrdinalIgnoreCase
        );

    public static Site? Find(string? nameOrParameter) =>
        All.FirstOrDefault(site =>
            site.Name.Equals(nameOrParameter, StringComparison.OrdinalIgnoreCase)
            || site.Parameter.Equals(nameOrParameter, StringComparison.OrdinalIgnoreCase)
        );

    public static DatadogHost? FindHost(string? host) =>
        host is null ? null : ByHost.GetValueOrDefault(host) ?? FindPlatformHost(host);

    /// <summary>
    /// A customer's own sub-domain, one label below a site parameter. It is an app host and says nothing about the site
    /// on which the org lives (datadog-facts 1.3), so the site given back is only that of the name.
    /// </summary>
    public static DatadogHost? FindCustomHost(string host)
    {
        var dot = host.IndexOf('.');
        if (dot <= 0 || ByHost.ContainsKey(host))
        {
            return null;
        }

        var site = All.FirstOrDefault(s => s.Parameter.Equals(host[(dot + 1)..], StringComparison.OrdinalIgnoreCase));
        return site is null ? null : new DatadogHost(site, Product.App, host.ToLowerInvariant());
    }

    // The sub-domains of platforms are one wildcard: a platform that is not enabled is refused behind the handshake
    // (datadog-facts 1.2).
    private static DatadogHost? FindPlatformHost(string host)
    {
        var dot = host.IndexOf('.');
        var site = All.FirstOrDefault(s =>
            s.HasOtlp
            && host[(dot + 1)..].Equals($"integrations.otlp.{s.Parameter}", StringComparison.OrdinalIgnoreCase)
        );
        return dot > 0 && site is not null
            ? new DatadogHost(site, Product.PlatformOtlp, host.ToLowerInvariant())
            : null;
    }
}

/// <summary>A host that Datadog has, and what it serves.</summary>
public sealed record DatadogHost(Site Site, Product Products, string Host);
