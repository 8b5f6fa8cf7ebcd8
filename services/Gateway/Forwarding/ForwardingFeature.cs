using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;

namespace Partner.Gateway.Forwarding;

internal static class ForwardingFeature
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    public static void AddForwarding(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<RouteTable>();
        builder.Services.AddSingleton<IProxyConfigProvider>(services =>
            services
                .GetRequiredService<RouteTable>()
                .ToProxyConfig(services.GetRequiredService<IOptions<ForwardingOptions>>().Value.ActivityTimeout)
        );
        builder
            .Services.AddReverseProxy()
            .AddServiceDiscoveryDestinationResolver()
            .AddTransforms(RequestHeaders.Apply)
            .ConfigureHttpClient((_, handler) => handler.ConnectTimeout = ConnectTimeout);
    }

    public static void MapForwarding(this IEndpointRouteBuilder routes) =>
        routes
            .MapReverseProxy(proxy =>
            {
                proxy.Use(EnterAsync);
                proxy.Use(ForwardingFailures.InvokeAsync);
                proxy.UseLoadBalancing();
            })
            .AllowAnonymous();

    private static async Task EnterAsync(HttpContext context, RequestDelegate next)
    {
        var routes = context.RequestServices.GetRequiredService<RouteTable>();
        var route = routes[context.GetReverseProxyFeature().Route.Config.RouteId];
        var entry = await route.Admit(context);
        if (entry.Passage is null)
        {
            await entry.Refusal!.WriteAsync(context, route.Errors);
            return;
        }

        context.Features.Set(route);
        context.Features.Set(entry.Passage);
        await next(context);
    }
}
