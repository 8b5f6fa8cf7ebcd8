namespace Partner.AppHost;

/// <summary>
/// The gateway's second port: HTTP/2 without TLS, for gRPC. A connection in plain text does not say which of the two
/// versions it speaks, so that no port can have both.
/// </summary>
internal static class GrpcEndpoint
{
    private const string Name = "grpc";

    /// <param name="port">Null: a free one.</param>
    public static IResourceBuilder<ProjectResource> WithGrpcEndpoint(
        this IResourceBuilder<ProjectResource> gateway,
        int? port
    )
    {
        gateway
            .WithHttpEndpoint(port, name: Name)
            .WithEndpoint(Name, endpoint => (endpoint.Transport, endpoint.IsExternal) = ("http2", true))
            .WithUrlForEndpoint(
                Name,
                url => (url.DisplayText, url.DisplayLocation) = ("gRPC", UrlDisplayLocation.DetailsOnly)
            );
        var target = gateway.GetEndpoint(Name).Property(EndpointProperty.TargetPort);
        return gateway.WithEnvironment("Grpc__Port", ReferenceExpression.Create($"{target}"));
    }
}
