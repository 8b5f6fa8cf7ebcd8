using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using Partner.Gateway.Ingest;

namespace Partner.Gateway.Site;

/// <summary>The hosts of the partner's site, each with what it takes.</summary>
internal sealed class SiteHosts
{
    /// <summary>What Datadog's clients put before a site's name (datadog-facts 1.2, 1.3; Datadog's own are in Sites.json).</summary>
    public static readonly FrozenDictionary<SiteProduct, string> Labels = new Dictionary<SiteProduct, string>
    {
        [SiteProduct.Api] = "api",
        [SiteProduct.Logs] = "http-intake.logs",
        [SiteProduct.Events] = "event-management-intake",
        [SiteProduct.Otlp] = "otlp",
        [SiteProduct.Traces] = "trace.agent",
        [SiteProduct.Spans] = "public-trace-http-intake.logs",
    }.ToFrozenDictionary();

    private readonly string _domain;
    private readonly FrozenDictionary<string, SiteHost> _hosts;

    public SiteHosts(IOptions<SiteOptions> options)
    {
        _domain = options.Value.Domain;
        var hosts = Labels.ToDictionary(
            label => NameOf(label.Key),
            label => new SiteHost(NameOf(label.Key), label.Key),
            StringComparer.OrdinalIgnoreCase
        );
        // The addresses that partners know the gateway by go on taking everything, as they do without a site.
        hosts[NameOf(SiteProduct.Api)] = SiteHost.OfAll(NameOf(SiteProduct.Api));
        hosts[_domain] = SiteHost.OfAll(_domain);
        if (Uri.TryCreate(options.Value.PublicUrl, UriKind.Absolute, out var url) && IsUnder(url.IdnHost))
        {
            hosts[url.IdnHost] = SiteHost.OfAll(url.IdnHost);
        }

        _hosts = hosts.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        Unknown = new(
            StatusCodes.Status421MisdirectedRequest,
            $"No such host of {_domain}. Before it stands one of: {string.Join(", ", Labels.Values.Order())}, "
                + "KEY.agent (an ingest key).",
            // As a path that is nowhere.
            Grpc: Google.Rpc.Code.Unimplemented
        );
    }

    /// <summary>
    /// RFC 9110 15.5.20: the request reached a server that does not answer for its host. The host itself is not
    /// repeated: it may hold a mistyped key.
    /// </summary>
    public HttpRejection Unknown { get; }

    public string NameOf(SiteProduct product) => $"{Labels[product]}.{_domain}";

    /// <summary>Not a host of the site: an address of the cluster's, say, and nothing is decided by it.</summary>
    public bool IsUnder(string host) =>
        host.EndsWith(_domain, StringComparison.OrdinalIgnoreCase)
        && (host.Length == _domain.Length || host[^(_domain.Length + 1)] == '.');

    /// <param name="isKeyed">A key stood before it, and what is left begins with <c>agent.</c> (<see cref="KeylessUrls"/>).</param>
    /// <returns>Null: the site has no such host.</returns>
    public SiteHost? Find(string host, bool isKeyed) =>
        !isKeyed ? _hosts.GetValueOrDefault(host)
        : _hosts.ContainsKey(host[KeylessUrls.AgentLabel.Length..]) ? SiteHost.OfKey($"KEY.agent.{_domain}")
        : null;
}

/// <summary>One host of the site.</summary>
/// <param name="Product">Null: of no product.</param>
/// <param name="IsOwn">It has the partner API and the pages.</param>
internal sealed record SiteHost(string Name, SiteProduct? Product, bool IsOwn = false)
{
    public static SiteHost OfAll(string name) => new(name, Product: null, IsOwn: true);

    /// <summary>A key before a host is an address of a connection: all of the intake, for whatever keeps only a host.</summary>
    public static SiteHost OfKey(string name) => new(name, Product: null);

    /// <param name="product">Of the path; null: it is one of our own API and pages.</param>
    public bool Takes(SiteProduct? product) => product is null ? IsOwn : Product is null || Product == product;
}
