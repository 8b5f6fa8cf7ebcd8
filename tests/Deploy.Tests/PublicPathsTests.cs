using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Hosting;
using Partner.Testing;

namespace Partner.Deploy.Tests;

/// <summary>What the Gateway lets through is what the gateway answers.</summary>
public class PublicPathsTests
{
    // Of the gateway itself (services/Gateway/README.md): credentials, what tracers and pages send beside, the partner API, people's pages.
    private static readonly string[] Own =
    [
        "/api/v1/validate",
        "/api/v2/validate",
        "/api/v2/validate_keys",
        "/agent",
        "/browser",
        "/api/v2/events",
        "/info",
        "/telemetry/proxy",
        "/v0.7/config",
        "/v0.6/stats",
        "/partner/v1",
        "/connect",
        "/oauth/callback",
    ];

    [Fact]
    public async Task EveryPathIsThereOnceAndNothingElse()
    {
        var production = await Overlays.ProductionAsync();
        var prefixes = Prefixes(production.Get("HTTPRoute", "gateway")).ToList();
        var paths = IntakePaths().Concat(Own).ToList();
        Assert.True(paths.Count > 20);
        Assert.All(paths, path => Assert.Single(prefixes, prefix => Covers(prefix, path)));
        Assert.All(prefixes, prefix => Assert.Contains(paths, path => path == prefix));
    }

    [Fact]
    public async Task OneHostIsServedByHttpsAndHttpSaysSo()
    {
        var production = await Overlays.ProductionAsync();
        var listeners = production.Get("Gateway", "public").At("spec/listeners").Items().ToList();
        Assert.Equal(["HTTPS 443", "HTTP 80"], listeners.Select(l => $"{l.Name("protocol")} {l["port"]}"));
        var host = Assert.Single(listeners.Select(l => l.Name("hostname")).Distinct());
        Assert.All(production.Of("HTTPRoute"), route => Assert.Equal([host], route.At("spec/hostnames").Strings()));
        Assert.Equal(
            ["gateway https", "https-redirect http"],
            production
                .Of("HTTPRoute")
                .Select(r => $"{r.Name()} {r.At("spec/parentRefs")![0]!.Name("sectionName")}")
                .Order()
        );
        var redirect = production.Get("HTTPRoute", "https-redirect").At("spec/rules")![0]!;
        Assert.Null(redirect["backendRefs"]);
        Assert.True(redirect["filters"]![0].At("requestRedirect/scheme").Is("https"));
        // One label under the wildcard's domain, as a certificate and Gateway API count it.
        var publicHost = new Uri(production.Setting("partner", "public-url")!).Host;
        Assert.Equal(host, $"*.{publicHost[(publicHost.IndexOf('.', StringComparison.Ordinal) + 1)..]}");
        Assert.Equal(host, $"*.{production.Setting("partner", "site-domain")}");
    }

    [Fact]
    public async Task TheRoutersShareFitsItsReplicas()
    {
        var production = await Overlays.ProductionAsync();
        var router = production.All.Single(w => w.Name == "site-router");
        var replicas = router.Object.At("spec/replicas")!.Number();
        var share = double.Parse(
            router.EnvironmentOf(router.Main)["SiteRouter__RateShare"],
            CultureInfo.InvariantCulture
        );
        Assert.Equal(1.0 / (replicas + 1), share, 0.001);
        Assert.Null(production.Find("HorizontalPodAutoscaler", "site-router"));
    }

    [Fact]
    public async Task EveryServiceHasTwoReplicasAndABudgetInProduction()
    {
        var production = await Overlays.ProductionAsync();
        foreach (var workload in production.All.Where(w => !w.IsJob))
        {
            var least =
                production.Find("HorizontalPodAutoscaler", workload.Name).At("spec/minReplicas")
                ?? workload.Object.At("spec/replicas");
            Assert.Equal((workload.Name, 2L), (workload.Name, least?.Number() ?? 1));
            Assert.NotNull(production.Find("PodDisruptionBudget", workload.Name));
            Assert.True(workload.Object.At("spec/strategy/rollingUpdate/maxUnavailable").Is(0), workload.Name);
            // The drain, .NET's own time to stop (HostOptions.ShutdownTimeout), and some to spare.
            var drain = TimeSpan.Parse(
                workload.EnvironmentOf(workload.Main)["Shutdown__Drain"],
                CultureInfo.InvariantCulture
            );
            Assert.True(drain > TimeSpan.Zero, workload.Name);
            Assert.True(
                workload.Pod["terminationGracePeriodSeconds"]!.Number()
                    > (drain + new HostOptions().ShutdownTimeout).TotalSeconds,
                workload.Name
            );
        }
    }

    private static IEnumerable<string> Prefixes(JsonObject route) =>
        from rule in route.At("spec/rules").Items()
        from match in rule["matches"].Items()
        where match["path"]!["type"].Is("PathPrefix")
        select match["path"]!.Name("value");

    // By whole segments, as Gateway API has it.
    private static bool Covers(string prefix, string path) =>
        path == prefix || path.StartsWith($"{prefix}/", StringComparison.Ordinal);

    private static IEnumerable<string> IntakePaths() =>
        from file in Directory.EnumerateFiles(
            Repository.PathOf("services", "Senders"),
            "Routes.json",
            SearchOption.AllDirectories
        )
        where !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
        from sender in JsonNode.Parse(File.ReadAllText(file))!["Senders"]!.AsObject()
        from route in sender.Value!["Routes"].Items()
        from path in new[] { route.Name("Path"), $"/{route["GrpcMethod"]}" }
        where path.Length > 1
        select path;
}
