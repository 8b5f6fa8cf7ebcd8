using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Partner.Egress;

/// <summary>
/// The Datadog sites that this deployment may talk to. <c>domain</c> and <c>site</c> come through a browser and are an
/// attacker's input: they select a row or are refused, without any network call; hosts come from the row only
/// (security 19 to 21).
/// </summary>
public sealed class SiteRegistry
{
    private const string Https = "https://";

    private readonly FrozenDictionary<string, DatadogSite> _byParameter;
    private readonly FrozenSet<string> _hosts;
    private readonly FrozenSet<string> _appHosts;

    internal SiteRegistry(IEnumerable<DatadogSite> sites)
    {
        Sites = [.. sites];
        _byParameter = Sites.ToFrozenDictionary(site => site.Parameter.Text, StringComparer.Ordinal);
        _hosts = Sites.SelectMany(site => site.Hosts.Values).ToFrozenSet(StringComparer.Ordinal);
        _appHosts = Sites.Select(site => site.AppHost).ToFrozenSet(StringComparer.Ordinal);
    }

    public IReadOnlyList<DatadogSite> Sites { get; }

    /// <summary>The built-in sites of <paramref name="realm"/>.</summary>
    public static SiteRegistry BuiltIn(SiteRealm realm = SiteRealm.Both) =>
        new(SitesFile.Read(null).ToSites().In(realm));

    /// <summary><c>domain</c> of a redirect: exactly a site parameter, in any ASCII case.</summary>
    public bool TryParseDomain([NotNullWhen(true)] string? text, [NotNullWhen(true)] out DatadogSite? site)
    {
        site = AsciiLower(text) is { } domain ? _byParameter.GetValueOrDefault(domain) : null;
        return site is not null;
    }

    /// <summary>
    /// <c>site</c> of a redirect: <c>https://app.datadoghq.com</c>, with or without a last slash, or the bare host
    /// (datadog-facts 2.2).
    /// </summary>
    public bool TryParseSite([NotNullWhen(true)] string? text, out AuthorizeHost host)
    {
        host = default;
        if (text is null)
        {
            return false;
        }

        if (text.StartsWith(Https, StringComparison.Ordinal))
        {
            text = text[Https.Length..];
            text = text.EndsWith('/') ? text[..^1] : text;
        }

        if (AsciiLower(text) is not { } name || !MayAuthorize(name))
        {
            return false;
        }

        host = new AuthorizeHost(name);
        return true;
    }

    /// <summary>The site of a parameter that we stored ourselves; null if the registry does not have it.</summary>
    public DatadogSite? Find(string siteParameter) => _byParameter.GetValueOrDefault(siteParameter);

    public AuthorizeHost AuthorizeHostOf(DatadogSite site) => new(site.AppHost);

    /// <summary>
    /// Whether a backend may talk to <paramref name="host"/>. App hosts are for browsers: they are not among them.
    /// </summary>
    public bool Allows(string host) => _hosts.Contains(host);

    // A customer's sub-domain is one label; those that the sites themselves use are not a customer's.
    private bool MayAuthorize(string name) =>
        _appHosts.Contains(name)
        || (
            !_hosts.Contains(name)
            && !_byParameter.ContainsKey(name)
            && Sites.Any(site => HostName.IsOneLabelUnder(name, site.Parameter.Text))
        );

    // ASCII is asked for first: in lower case U+212A (Kelvin sign) is a k.
    private static string? AsciiLower(string? text) =>
        text is { Length: > 0 and <= HostName.MaxLength } && Ascii.IsValid(text) ? text.ToLowerInvariant() : null;
}
