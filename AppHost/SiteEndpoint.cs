using Microsoft.Extensions.Configuration;

namespace Partner.AppHost;

/// <summary>
/// A Datadog site of the partner's own, <c>Site:Domain</c>: the gateway judges hosts by it, and in a run has a port with
/// TLS, since clients that take a site speak nothing else. A published system has TLS where it is exposed.
/// </summary>
internal static class SiteEndpoint
{
    private const string Name = "site";

    public static IResourceBuilder<ProjectResource> WithSite(this IResourceBuilder<ProjectResource> gateway)
    {
        var builder = gateway.ApplicationBuilder;
        var configuration = builder.Configuration;
        if (configuration["Site:Domain"] is not { Length: > 0 } domain)
        {
            return gateway;
        }

        gateway.WithEnvironment("Site__Domain", domain);
        if (builder.ExecutionContext.IsPublishMode)
        {
            return gateway;
        }

        return gateway
            .WithHttpsEndpoint(configuration.GetValue<int?>("Ports:Site"), name: Name)
            .WithEndpoint(Name, endpoint => endpoint.IsExternal = true)
            .WithUrlForEndpoint(
                Name,
                url => (url.DisplayText, url.DisplayLocation) = ("Site", UrlDisplayLocation.DetailsOnly)
            )
            .WithEnvironment("Kestrel__Certificates__Default__Path", FileOf("CertificateFile"))
            .WithEnvironment("Kestrel__Certificates__Default__KeyPath", FileOf("KeyFile"));

        string FileOf(string name) =>
            configuration[$"Site:{name}"] is { Length: > 0 } file
                ? Path.GetFullPath(file)
                : throw new InvalidOperationException(
                    $"Site:Domain is {domain}, so Site:{name} has to be a PEM file: the certificate is for the names that README.md says."
                );
    }
}
