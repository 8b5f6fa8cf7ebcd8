using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using Partner.Gateway.Ingest;

namespace Partner.Gateway.Site;

/// <summary>The product of each path of Datadog's intake; those of the senders stand in their <c>Routes.json</c>.</summary>
internal sealed class SitePaths(IOptions<SendersOptions> senders)
{
    private readonly FrozenDictionary<string, SiteProduct> _products = senders
        .Value.Values.SelectMany(sender => sender.Routes)
        .SelectMany(route => new[] { route.Path, route.GrpcPath ?? route.Path }, (route, path) => (path, route.Product))
        .Concat(AgentApi.Paths.Select(path => (path, SiteProduct.Traces)))
        .Concat(ValidateApi.Paths.Select(path => (path, SiteProduct.Api)))
        .Append((RejectionsApi.EventsPath, SiteProduct.Events))
        .DistinctBy(entry => entry.Item1)
        .ToFrozenDictionary(entry => entry.Item1, entry => entry.Item2);

    /// <summary>By the endpoint's pattern, whatever the method. Null: a path of no product's.</summary>
    public SiteProduct? ProductOf(Endpoint? endpoint) =>
        (endpoint as RouteEndpoint)?.RoutePattern.RawText is { } pattern
        && _products.TryGetValue(pattern, out var product)
            ? product
            : null;
}
