using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Runtime;

/// <summary>A project runs from its build output, which stands beside the AppHost's in the artifacts layout.</summary>
internal static class ProjectLaunch
{
    // bin/<AppHost>/<configuration>/
    private static readonly DirectoryInfo OwnOutput = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    public static LaunchPlan PlanFor(string projectPath)
    {
        var name = Path.GetFileNameWithoutExtension(projectPath);
        var assembly = Path.Combine(OwnOutput.Parent!.Parent!.FullName, name, OwnOutput.Name, $"{name}.dll");
        return File.Exists(assembly)
            ? new LaunchPlan(DotnetHost(), ["exec", assembly], Path.GetDirectoryName(projectPath)!)
            : throw new DistributedApplicationException($"There is no {assembly}: build {projectPath} first (building the AppHost does).");
    }

    public static void AddDefaults(EnvironmentContext context, ProjectResource resource, IConfiguration configuration)
    {
        var variables = context.Variables;
        variables["OTEL_DOTNET_EXPERIMENTAL_OTLP_EMIT_EXCEPTION_LOG_ATTRIBUTES"] = "true";
        variables["OTEL_DOTNET_EXPERIMENTAL_OTLP_EMIT_EVENT_LOG_ATTRIBUTES"] = "true";
        variables["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory";

        // An endpoint whose port goes into a variable of its own is the program's to open.
        var ports = resource.Annotations.OfType<EndpointAnnotation>()
            .Where(e => e.IsHttp && e.EnvironmentVariable is null)
            .Select(e => (e.Scheme, Port: new EndpointReference(resource, e.Name).Property(EndpointProperty.TargetPort)))
            .ToArray();
        if (context.ExecutionContext.IsPublishMode)
        {
            if (ports.Length > 0)
            {
                variables["HTTP_PORTS"] = Join(ports.Select(p => ReferenceExpression.Create($"{p.Port}")));
            }

            if (resource.Annotations.OfType<EndpointAnnotation>().Any())
            {
                variables["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true";
            }

            return;
        }

        if (ports.Length > 0)
        {
            variables["ASPNETCORE_URLS"] = Join(ports.Select(p => ReferenceExpression.Create($"{p.Scheme}://localhost:{p.Port}")));
        }

        AddTelemetry(variables, resource, configuration);
    }

    private static void AddTelemetry(Dictionary<string, object> variables, ProjectResource resource, IConfiguration configuration)
    {
        var endpoint = configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] ?? configuration["OTEL_EXPORTER_OTLP_ENDPOINT"];
        if (string.IsNullOrEmpty(endpoint))
        {
            return;
        }

        variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint;
        variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = configuration["OTEL_EXPORTER_OTLP_PROTOCOL"] ?? "grpc";
        variables["OTEL_SERVICE_NAME"] = resource.Name;
        variables["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={InstanceName.SuffixOf(resource)}";
        variables["OTEL_BLRP_SCHEDULE_DELAY"] = "1000";
        variables["OTEL_BSP_SCHEDULE_DELAY"] = "1000";
        variables["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
        variables["OTEL_TRACES_SAMPLER"] = "always_on";
        variables["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
    }

    private static ReferenceExpression Join(IEnumerable<ReferenceExpression> parts) =>
        parts.Aggregate((left, right) => ReferenceExpression.Create($"{left};{right}"));

    // The runtime stands three folders below its host: <root>/shared/Microsoft.NETCore.App/<version>.
    private static string DotnetHost() =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", "..", "dotnet"));
}
