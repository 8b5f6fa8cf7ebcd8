using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.ServiceDiscovery;

internal sealed class ConfiguredEndpoints(IConfiguration configuration)
{
    private int _turn;

    /// <summary>The same request URI at one of the service's endpoints, or unchanged where the service is not configured.</summary>
    public Uri Resolve(Uri uri)
    {
        var endpoints = Find(uri);
        return endpoints.Count == 0
            ? uri
            : At(uri, endpoints[(int)((uint)Interlocked.Increment(ref _turn) % (uint)endpoints.Count)]);
    }

    /// <summary>
    /// <c>http://name</c> looks under <c>default</c> and then the scheme, <c>https+http://name</c> under each scheme in
    /// turn, <c>http://_endpoint.name</c> under that endpoint; only addresses of an asked-for scheme count, the first
    /// scheme that has any before the others.
    /// </summary>
    public IReadOnlyList<Uri> Find(Uri uri)
    {
        var schemes = uri.Scheme.Split('+');
        var (service, endpoint) = Split(uri.Host);
        var section = configuration.GetSection("services").GetSection(service);
        var named = (endpoint is null ? ["default", .. schemes] : new[] { endpoint })
            .Select(section.GetSection)
            .FirstOrDefault(s => s.Exists());
        if (named is null)
        {
            return [];
        }

        var addresses = (named.Value is { } single ? [single] : named.GetChildren().Select(c => c.Value))
            .OfType<string>()
            .Select(a => new Uri(a.Contains("://", StringComparison.Ordinal) ? a : $"{schemes[0]}://{a}"))
            .ToArray();
        return schemes.Select(s => addresses.Where(a => a.Scheme == s).ToArray()).FirstOrDefault(found => found.Length > 0) ?? [];
    }

    public static Uri At(Uri uri, Uri address) =>
        new UriBuilder(uri) { Scheme = address.Scheme, Host = address.Host, Port = address.Port }.Uri;

    // _endpoint.name
    private static (string Service, string? Endpoint) Split(string host) =>
        host.StartsWith('_') && host.IndexOf('.', StringComparison.Ordinal) is > 1 and var dot
            ? (host[(dot + 1)..], host[1..dot])
            : (host, null);
}
