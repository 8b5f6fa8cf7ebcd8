using Microsoft.Extensions.Configuration;

namespace Partner.AppHost;

/// <summary>The only public door: HTTP, gRPC, and the hosts of a site where there is one.</summary>
internal static class GatewayEndpoints
{
    public static IResourceBuilder<ProjectResource> WithPublicEndpoints(
        this IResourceBuilder<ProjectResource> gateway
    ) =>
        gateway
            .WithEndpoint("http", endpoint => endpoint.IsExternal = true)
            .WithGrpcEndpoint(gateway.ApplicationBuilder.Configuration.GetValue<int?>("Ports:Grpc"))
            .WithSite();
}
