using System.Text.RegularExpressions;
using Partner.Deploy.Tests.Rules;

namespace Partner.Deploy.Tests.Model;

/// <summary>The AppHost says what is deployed; the manifests say it again. A sentence for each difference.</summary>
internal static partial class OneTruth
{
    // Settings that the AppHost leaves to whoever deploys.
    private static readonly string[] Operators =
    [
        "SiteRouter__RateShare",
        "Forwarding__TrustedProxies__0",
        "Site__Domain",
        "Site__PublicUrl",
        "DOTNET_EnableDiagnostics",
        "Shutdown__Drain",
    ];

    public static IEnumerable<string> Differences(IReadOnlyList<Deployable> appHost, Manifest manifest) =>
        OfNames(appHost, manifest)
            .Concat(
                from deployable in appHost
                let workload = manifest.All.SingleOrDefault(w => w.Name == deployable.Name)
                where workload is not null
                from difference in OfDeployable(deployable, workload)
                select difference
            )
            .Concat(OfCalls(appHost, manifest));

    private static IEnumerable<string> OfNames(IReadOnlyList<Deployable> appHost, Manifest manifest)
    {
        var (theirs, ours) = (appHost.Select(d => d.Name).ToHashSet(), manifest.All.Select(w => w.Name).ToHashSet());
        return theirs
            .Except(ours)
            .Select(name => $"{name} is a resource of the AppHost, and the manifests do not deploy it.")
            .Concat(ours.Except(theirs).Select(name => $"{name} is deployed, and is no resource of the AppHost."));
    }

    private static IEnumerable<string> OfDeployable(Deployable deployable, Workload workload)
    {
        var name = deployable.Name;
        var image = workload.Main.Name("image");
        if (!image.Split(':')[0].EndsWith($"datadog-aspire/{name}", StringComparison.Ordinal))
        {
            yield return $"{name} runs the image {image}.";
        }

        var ports = workload.Ports.Select(p => p.Name).Order(StringComparer.Ordinal).ToList();
        if (!ports.SequenceEqual(deployable.Ports))
        {
            yield return $"{name} has the ports [{string.Join(", ", deployable.Ports)}] in the AppHost and "
                + $"[{string.Join(", ", ports)}] in the manifests.";
        }

        if (workload.IsJob != (deployable.Ports.Count == 0))
        {
            yield return $"{name} is a {workload.Object.Kind()}: what has no port runs to its end, as a Job.";
        }

        var waits = workload.InitContainers.SingleOrDefault(c => c["name"].Is("wait-for-schema"));
        if (deployable.WaitsForMigrator != waits is not null)
        {
            yield return deployable.WaitsForMigrator
                ? $"{name} does not wait for the Migrator."
                : $"{name} waits for the Migrator, and in the AppHost it does not.";
        }

        var environment = workload.EnvironmentOf(workload.Main);
        foreach (var difference in OfSettings(name, Settings(deployable.Environment), Settings(environment)))
        {
            yield return difference;
        }

        if (waits is not null)
        {
            var waiting = workload.EnvironmentOf(waits);
            if (
                waiting["ConnectionStrings__database"]
                != deployable.Environment.GetValueOrDefault("ConnectionStrings__database")
            )
            {
                yield return $"{name} waits for another database than its own.";
            }
        }
    }

    private static IEnumerable<string> OfSettings(
        string name,
        Dictionary<string, string> appHost,
        Dictionary<string, string> manifest
    )
    {
        foreach (var (setting, value) in appHost)
        {
            if (!manifest.TryGetValue(setting, out var ours))
            {
                yield return $"{name}: {setting} is not set; the AppHost has {value}.";
            }
            else if (ours != value)
            {
                yield return $"{name}: {setting} is {ours}, and in the AppHost {value}.";
            }
        }

        foreach (var setting in manifest.Keys.Except(appHost.Keys).Except(Operators))
        {
            yield return $"{name}: {setting} is set, and is no setting of the AppHost's.";
        }
    }

    private static IEnumerable<string> OfCalls(IReadOnlyList<Deployable> appHost, Manifest manifest)
    {
        var expected = (
            from caller in appHost
            from setting in caller.Environment.Keys
            let callee = Reference().Match(setting)
            where callee.Success
            select (From: caller.Name, To: callee.Groups[1].Value, Port: 8080L)
        ).ToHashSet();
        var deployed = appHost.Select(d => d.Name).ToHashSet();
        var ways = PolicyRules
            .Ways(manifest)
            .Where(w => deployed.Contains(w.From) && deployed.Contains(w.To))
            .ToHashSet();
        return expected
            .Except(ways)
            .Select(w => $"{w.From} calls {w.To}, and no NetworkPolicy lets it.")
            .Concat(
                ways.Except(expected)
                    .Select(w =>
                        $"NetworkPolicies let {w.From} call {w.To} on {w.Port}, and in the AppHost it does not."
                    )
            );
    }

    // In capitals are those that Aspire adds for other languages, and those that a connection string is made of.
    private static Dictionary<string, string> Settings(IReadOnlyDictionary<string, string> environment) =>
        environment
            .Where(pair =>
                !Capitals().IsMatch(pair.Key)
                || pair.Key is "HTTP_PORTS"
                || pair.Key.StartsWith("OTEL_", StringComparison.Ordinal)
            )
            .ToDictionary();

    [GeneratedRegex("^services__([a-z-]+)__http__0$")]
    private static partial Regex Reference();

    [GeneratedRegex("^[A-Z0-9_]+$")]
    private static partial Regex Capitals();
}
