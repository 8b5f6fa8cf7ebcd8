using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Partner.Deploy.Tests.Model;

/// <summary>One deployable: its ports, what it waits for, and its configuration.</summary>
/// <param name="Environment">A parameter is <c>{name.value}</c>.</param>
internal sealed record Deployable(
    string Name,
    IReadOnlyList<string> Ports,
    bool WaitsForMigrator,
    IReadOnlyDictionary<string, string> Environment
);

/// <summary>What the AppHost publishes, with addresses as a cluster has them.</summary>
internal static partial class AppHostModel
{
    /// <summary>By the values that are an overlay's own: addresses, names, servers.</summary>
    public static async Task<IReadOnlyList<Deployable>> ReadAsync(Manifest overlay)
    {
        string Own(string map, string key) => overlay.Setting(map, key)!;
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>([
            "--operation",
            "publish",
            "--Containers=true",
            $"--ClientName={Own("partner", "datadog-client-name")}",
            $"--PublicUrl={Own("partner", "public-url")}",
            $"--PartnerSignInUrl={Own("partner", "sign-in-url")}",
            $"--Pages:PartnerName={Own("partner", "name")}",
            $"--Database={Own("stores", "postgres-database")}",
        ]);
        var (postgres, cache) = (Own("stores", "postgres-server"), Own("stores", "cache-server"));
        var deployables = new List<Deployable>();
        foreach (var project in builder.Resources.OfType<ProjectResource>())
        {
#pragma warning disable CS0618 // Its successor wants an execution context of its own.
            var environment = await project.GetEnvironmentVariableValuesAsync(DistributedApplicationOperation.Publish);
#pragma warning restore CS0618
            deployables.Add(
                new Deployable(
                    project.Name,
                    [
                        .. project
                            .Annotations.OfType<EndpointAnnotation>()
                            .Select(e => e.Name)
                            .Order(StringComparer.Ordinal),
                    ],
                    project
                        .Annotations.OfType<WaitAnnotation>()
                        .Any(w => w is { WaitType: WaitType.WaitForCompletion, Resource.Name: "migrator" }),
                    environment.ToDictionary(
                        pair => pair.Key,
                        pair => InCluster(WithConnections(pair.Value, builder.Resources), postgres, cache)
                    )
                )
            );
        }

        return deployables;
    }

    // A store's connection string is an expression of its own.
    private static string WithConnections(string value, IEnumerable<IResource> resources) =>
        Connection()
            .Replace(
                value,
                m =>
                    resources
                        .OfType<IResourceWithConnectionString>()
                        .Single(r => r.Name == m.Groups[1].Value)
                        .ConnectionStringExpression.ValueExpression
            );

    private static string InCluster(string value, string postgres, string cache)
    {
        value = value
            .Replace(
                "Host={postgres.bindings.tcp.host};Port={postgres.bindings.tcp.port}",
                postgres,
                StringComparison.Ordinal
            )
            .Replace("{cache.bindings.tcp.host}:{cache.bindings.tcp.port}", cache, StringComparison.Ordinal);
        value = Condition().Replace(value, "");
        value = Url().Replace(value, "http://$1:8080");
        return TargetPort()
            .Replace(
                value,
                m =>
                    m.Groups[1].Value switch
                    {
                        "http" => "8080",
                        "management" => "8081",
                        _ => "8082",
                    }
            );
    }

    [GeneratedRegex(@"\{([a-z0-9-]+)\.connectionString\}")]
    private static partial Regex Connection();

    /// <summary>TLS of a Redis of Aspire's own; the operator's says so in its address.</summary>
    [GeneratedRegex(@"\{cond-[a-z0-9-]+\.connectionString\}")]
    private static partial Regex Condition();

    [GeneratedRegex(@"\{([a-z-]+)\.bindings\.http\.url\}")]
    private static partial Regex Url();

    [GeneratedRegex(@"\{[a-z-]+\.bindings\.(http|management|grpc)\.targetPort\}")]
    private static partial Regex TargetPort();
}
