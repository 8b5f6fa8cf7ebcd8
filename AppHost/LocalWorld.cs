using Microsoft.Extensions.Configuration;

namespace Partner.AppHost;

/// <summary>The OAuth client under which the system is known at Datadog.</summary>
internal sealed record OAuthClient(
    string Name,
    IResourceBuilder<ParameterResource> Id,
    IResourceBuilder<ParameterResource> Secret
);

/// <summary>The surroundings of a local run: a sandbox in Datadog's place, and a partner.</summary>
internal static class LocalWorld
{
    /// <summary>In run mode only: a published system has none.</summary>
    public static bool HasSandbox(this IDistributedApplicationBuilder builder) =>
        builder.ExecutionContext.IsRunMode && builder.Configuration.GetValue("Sandbox:Enabled", true);

    /// <param name="publicUrl">Of the gateway: where the sandbox's pages send people.</param>
    public static IResourceBuilder<ProjectResource> AddSandbox(
        this IDistributedApplicationBuilder builder,
        OAuthClient client,
        ReferenceExpression publicUrl
    ) =>
        builder
            .AddProject<Projects.Sandbox>("sandbox")
            .WithHttpEndpoint(builder.Configuration.GetValue<int?>("Ports:Sandbox"))
            .WithEndpoint(name: "tls", scheme: "tcp", env: "Sandbox__TlsPort")
            .WithHttpHealthCheck("/_sandbox/health")
            .WithSandboxCommands()
            .WithEnvironment("Sandbox__Clients__0__Name", client.Name)
            .WithEnvironment("Sandbox__Clients__0__ClientId", client.Id)
            .WithEnvironment("Sandbox__Clients__0__Secret", client.Secret)
            .WithEnvironment(
                "Sandbox__Clients__0__RedirectUri",
                ReferenceExpression.Create($"{publicUrl}/oauth/callback")
            )
            .WithEnvironment("Sandbox__Clients__0__OnboardingUrl", ReferenceExpression.Create($"{publicUrl}/connect"));

    /// <summary>Starts last: it waits for all services, and connects a first tenant.</summary>
    public static IResourceBuilder<ProjectResource> AddDemoPartner(
        this IDistributedApplicationBuilder builder,
        IResourceBuilder<ProjectResource> gateway,
        IResourceBuilder<ProjectResource> sandbox,
        IResourceBuilder<ParameterResource> token
    )
    {
        var partner = builder
            .AddProject<Projects.Demo>("demo-partner")
            .WithHttpEndpoint(builder.Configuration.GetValue<int?>("Ports:Partner"))
            .WithHttpHealthCheck("/health")
            .WithEnvironment("Demo__Gateway", gateway.GetEndpoint("http"))
            .WithEnvironment("Demo__Sandbox", sandbox.GetEndpoint("http"))
            .WithEnvironment("Demo__PartnerToken", token)
            .WithDemoCommands()
            .WithFirstRunOnTheConsole()
            .WaitFor(sandbox);
        foreach (var service in builder.Services().ToList())
        {
            partner.WaitFor(service);
        }

        return partner;
    }
}
