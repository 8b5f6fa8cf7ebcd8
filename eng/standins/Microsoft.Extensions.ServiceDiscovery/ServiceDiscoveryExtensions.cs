// Stands in for Microsoft.Extensions.ServiceDiscovery 10: logical names in HTTP requests, resolved from configuration
// (services:<name>:<endpoint>:<i>) at each request, in turn where there are several; a name that is not there goes through
// unchanged. Left out: DNS, options, the resolver's own API, health of endpoints, change tokens.
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.ServiceDiscovery;

namespace Microsoft.Extensions.DependencyInjection;

public static class ServiceDiscoveryServiceCollectionExtensions
{
    public static IServiceCollection AddServiceDiscovery(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => new ConfiguredEndpoints(provider.GetRequiredService<IConfiguration>()));
        return services;
    }
}

public static class ServiceDiscoveryHttpClientBuilderExtensions
{
    public static IHttpClientBuilder AddServiceDiscovery(this IHttpClientBuilder httpClientBuilder)
    {
        httpClientBuilder.Services.AddServiceDiscovery();
        return httpClientBuilder.AddHttpMessageHandler(services => new ResolvingHandler(services.GetRequiredService<ConfiguredEndpoints>()));
    }
}
