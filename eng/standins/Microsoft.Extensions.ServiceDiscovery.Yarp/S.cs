using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Microsoft.Extensions.DependencyInjection;

public static class ServiceDiscoveryReverseProxyServiceCollectionExtensions
{
    public static IReverseProxyBuilder AddServiceDiscoveryDestinationResolver(this IReverseProxyBuilder builder)
    {
        builder.Services.AddSingleton<IDestinationResolver, Resolver>();
        return builder;
    }

    private sealed class Resolver(IConfiguration configuration) : IDestinationResolver
    {
        public ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(IReadOnlyDictionary<string, DestinationConfig> destinations, CancellationToken cancellationToken)
        {
            var resolved = new Dictionary<string, DestinationConfig>();
            foreach (var (key, destination) in destinations)
            {
                var uri = new Uri(destination.Address);
                var address = uri.Scheme.Split('+').Select(s => configuration[$"services:{uri.Host}:{s}:0"]).FirstOrDefault(a => a is not null);
                resolved[key] = address is null ? destination : destination with { Address = address };
            }

            return new(new ResolvedDestinationCollection(resolved, (IChangeToken?)null));
        }
    }
}
