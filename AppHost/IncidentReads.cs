using Microsoft.Extensions.Configuration;

namespace Partner.AppHost;

/// <summary>Whether an ingest key reads incidents too, as <c>IncidentReads</c> says.</summary>
internal static class IncidentReads
{
    /// <summary>Not by itself, but before the sandbox: the incidents there are nobody's.</summary>
    public static IResourceBuilder<ProjectResource> WithIncidentReads(this IResourceBuilder<ProjectResource> gateway)
    {
        var builder = gateway.ApplicationBuilder;
        var reads = builder.Configuration.GetValue(nameof(IncidentReads), builder.HasSandbox());
        return gateway.WithEnvironment("Ingest__IncidentReads", reads ? "true" : "false");
    }
}
