using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Microsoft.Extensions.ServiceDiscovery.Yarp;

internal sealed class ConfiguredDestinationResolver(ConfiguredEndpoints endpoints) : IDestinationResolver
{
    public ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(
        IReadOnlyDictionary<string, DestinationConfig> destinations, CancellationToken cancellationToken)
    {
        var resolved = new Dictionary<string, DestinationConfig>();
        foreach (var (name, destination) in destinations)
        {
            var logical = new Uri(destination.Address);
            var found = endpoints.Find(logical);
            foreach (var address in found)
            {
                resolved[$"{name}[{address.GetLeftPart(UriPartial.Authority)}]"] =
                    destination with { Address = ConfiguredEndpoints.At(logical, address).ToString() };
            }

            if (found.Count == 0)
            {
                resolved[name] = destination;
            }
        }

        return ValueTask.FromResult(new ResolvedDestinationCollection(resolved, changeToken: null));
    }
}
