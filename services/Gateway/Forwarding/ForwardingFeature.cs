using Partner.Gateway.Grpc;
using Partner.Gateway.Limits;
using Yarp.ReverseProxy.Configuration;

namespace Partner.Gateway.Forwarding;

internal static class ForwardingFeature
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    public static void AddForwarding(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<RouteTable>();
        builder.Services.AddSingleton<IProxyConfigProvider>(services =>
            services.GetRequiredService<RouteTable>().ToProxyConfig()
        );
        builder
            .Services.AddReverseProxy()
            .AddServiceDiscoveryDestinationResolver()
            .AddTransforms(RequestHeaders.Apply)
            .ConfigureHttpClient(
                (_, handler) =>
                {
                    handler.ConnectTimeout = ConnectTimeout;
                    handler.PooledConnectionLifetime = ServiceClients.ConnectionLifetime;
                }
            );
    }

    public static void MapForwarding(this IEndpointRouteBuilder routes)
    {
        var table = routes.ServiceProvider.GetRequiredService<RouteTable>();
        routes
            .MapReverseProxy(proxy =>
            {
                proxy.Use(GrpcRequests.InvokeAsync);
                proxy.UseMiddleware<RouteLimits>();
                proxy.Use(ForwardingFailures.InvokeAsync);
                proxy.UseLoadBalancing();
            })
            .ConfigureEndpoints(
                (endpoint, config) =>
                    endpoint.WithMetadata(table.All.Single(route => route.Config.RouteId == config.RouteId).Metadata)
            );
    }
}
