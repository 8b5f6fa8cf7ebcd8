// Stands in for Microsoft.Extensions.ServiceDiscovery.Yarp 10: YARP destinations may have logical names. Left out: the
// direct forwarder, and health addresses (a destination's own health address stays as it is configured).
using Microsoft.Extensions.ServiceDiscovery;
using Microsoft.Extensions.ServiceDiscovery.Yarp;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Microsoft.Extensions.DependencyInjection;

public static class ServiceDiscoveryReverseProxyServiceCollectionExtensions
{
    public static IReverseProxyBuilder AddServiceDiscoveryDestinationResolver(this IReverseProxyBuilder builder)
    {
        builder.Services.AddServiceDiscovery();
        builder.Services.AddSingleton<IDestinationResolver>(services =>
            new ConfiguredDestinationResolver(services.GetRequiredService<ConfiguredEndpoints>()));
        return builder;
    }
}
