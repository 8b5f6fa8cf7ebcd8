using Microsoft.Extensions.Configuration;

namespace Partner.AppHost;

/// <summary>How the processes of a run are started and reached.</summary>
internal static class DirectStart
{
    /// <summary>
    /// Starts each project's own program, where Aspire would start <c>dotnet run</c>: one process less, three times as
    /// fast, and the pid that the dashboard shows is the service's. Without replicas nothing stands before a port: Aspire's
    /// proxy would take connections for a service that is dead. With them it has to, and parts requests among them.
    /// </summary>
    public static void StartProjectsDirectly(this IDistributedApplicationBuilder builder)
    {
        if (builder.ExecutionContext.IsPublishMode)
        {
            return;
        }

        // artifacts/bin/<this or its test>/<configuration>/
        var output = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        foreach (var project in builder.Resources.OfType<ProjectResource>())
        {
            var name = Path.GetFileNameWithoutExtension(project.GetProjectMetadata().ProjectPath);
            var program = Path.Combine(output.Parent!.Parent!.FullName, name, output.Name, $"{name}.dll");
#pragma warning disable ASPIREEXTENSION001 // New in 13.6 and not yet promised; without it a killed service lives on.
            builder
                .CreateResourceBuilder(project)
                .WithLaunchToolArgs(context =>
                {
                    context.Args.Add("exec");
                    context.Args.Add(program);
                });
#pragma warning restore ASPIREEXTENSION001
        }

        foreach (
            var resource in builder.Resources.Where(r => r is ExecutableResource or ProjectResource && !HasReplicas(r))
        )
        {
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            {
                endpoint.IsProxied = false;
            }
        }
    }

    /// <summary>Each service as often as the setting <c>Replicas</c> says, once unless it is set.</summary>
    public static IResourceBuilder<ProjectResource> WithConfiguredReplicas(
        this IResourceBuilder<ProjectResource> service
    ) =>
        service.ApplicationBuilder.Configuration.GetValue("Replicas", 1) is > 1 and var replicas
            ? service.WithReplicas(replicas)
            : service;

    private static bool HasReplicas(IResource resource) =>
        resource.Annotations.OfType<ReplicaAnnotation>().Any(annotation => annotation.Replicas > 1);
}
