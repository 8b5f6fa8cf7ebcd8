using System.Text.Json.Nodes;
using Partner.Deploy.Tests.Model;

namespace Partner.Deploy.Tests;

/// <summary>The manifests and the AppHost say the same of what is deployed, and a difference is told by name.</summary>
public class OneTruthTests
{
    private static readonly Lazy<Task<IReadOnlyList<Deployable>>> AppHost = new(async () =>
        await AppHostModel.ReadAsync(await Overlays.ProductionAsync())
    );

    [Fact]
    public async Task ProductionIsWhatTheAppHostSays() =>
        Assert.Equal([], OneTruth.Differences(await AppHost.Value, await Overlays.ProductionAsync()));

    [Theory]
    [InlineData("a service is missing", "traces is a resource of the AppHost, and the manifests do not deploy it.")]
    [InlineData("a service is made up", "spans is deployed, and is no resource of the AppHost.")]
    [InlineData("another image", "logs runs the image registry.example/datadog-aspire/metrics:1.0.0.")]
    [InlineData(
        "a port is missing",
        "logs has the ports [http, management] in the AppHost and [http] in the manifests."
    )]
    [InlineData("a job is deployed", "migrator is a Deployment: what has no port runs to its end, as a Job.")]
    [InlineData("no wait", "logs does not wait for the Migrator.")]
    [InlineData("another wait", "logs waits for another database than its own.")]
    [InlineData("a setting is missing", "vault: KeyRing__Current is not set; the AppHost has 1.")]
    [InlineData("a setting differs", "gateway: PartnerCredentials__default__Role is read, and in the AppHost manage.")]
    [InlineData(
        "a setting is made up",
        "logs: Outbox__AllowUnsafeDatabase is set, and is no setting of the AppHost's."
    )]
    [InlineData("another secret", "logs: ServiceTokens__PrivateKey is {vault-private-key.value}, and in the AppHost")]
    [InlineData("another role", "logs: ConnectionStrings__database is ")]
    [InlineData(
        "a caller more",
        "vault: ServiceTokens__Callers__gateway__PublicKey is set, and is no setting of the AppHost's."
    )]
    [InlineData("a permission more", "auth: ServiceTokens__Callers__logs__Permissions__1 is set")]
    [InlineData("a policy is missing", "auth calls vault, and no NetworkPolicy lets it.")]
    [InlineData("a way too many", "NetworkPolicies let gateway call vault on 8080, and in the AppHost it does not.")]
    [InlineData(
        "the management port is open",
        "NetworkPolicies let gateway call logs on 8081, and in the AppHost it does not."
    )]
    [InlineData(
        "nothing is refused",
        "NetworkPolicies let incidents call vault on 8080, and in the AppHost it does not."
    )]
    public async Task APlantedDifferenceIsTold(string planted, string sentence) =>
        Assert.Contains(
            OneTruth.Differences(await AppHost.Value, Plant(await Overlays.ProductionAsync(), planted)),
            d => d.StartsWith(sentence, StringComparison.Ordinal)
        );

    private static Manifest Plant(Manifest production, string planted) =>
        planted switch
        {
            "a service is missing" => production.Without("Deployment", "traces"),
            "a policy is missing" => production.Without("NetworkPolicy", "vault"),
            "nothing is refused" => new([.. production.Objects.Where(o => o.Kind() != "NetworkPolicy")]),
            _ => production.With(manifest => Change(manifest, planted)),
        };

    private static void Change(Manifest manifest, string planted)
    {
        JsonObject Main(string name) => manifest.All.Single(w => w.Name == name).Main;
        JsonObject Variable(string service, string name) =>
            Main(service)["env"].Items().Single(v => v.Name("name") == name);
        void Add(string service, string name, string value) =>
            Main(service)["env"]!.AsArray().Add(new JsonObject { ["name"] = name, ["value"] = value });
        JsonNode Policy(string name) => manifest.Get("NetworkPolicy", name)["spec"]!;
        Action change = planted switch
        {
            "a service is made up" => () => manifest.Get("Deployment", "traces")["metadata"]!["name"] = "spans",
            "another image" => () => Main("logs")["image"] = "registry.example/datadog-aspire/metrics:1.0.0",
            "a port is missing" => () => Main("logs")["ports"]!.AsArray().RemoveAt(1),
            "a job is deployed" => () => manifest.Get("Job", "migrator")["kind"] = "Deployment",
            "no wait" => () => manifest.All.Single(w => w.Name == "logs").Pod.Remove("initContainers"),
            "another wait" => () =>
                manifest
                    .All.Single(w => w.Name == "logs")
                    .InitContainers.Single()["env"]
                    .Items()
                    .Single(v => v["name"].Is("ConnectionStrings__database"))["value"] = "Host=elsewhere",
            "a setting is missing" => () =>
                Main("vault")["env"]!.AsArray().Remove(Variable("vault", "KeyRing__Current")),
            "a setting differs" => () => Variable("gateway", "PartnerCredentials__default__Role")["value"] = "read",
            "a setting is made up" => () => Add("logs", "Outbox__AllowUnsafeDatabase", "true"),
            "another secret" => () =>
                Variable("logs", "ServiceTokens__PrivateKey")["valueFrom"]!["secretKeyRef"]!["key"] =
                    "vault-private-key",
            "another role" => () =>
                Variable("logs", "ConnectionStrings__database")["value"] =
                    "$(POSTGRES_SERVER);Database=$(POSTGRES_DATABASE);Username=postgres;Password=$(POSTGRES_PASSWORD)",
            "a caller more" => () => Add("vault", "ServiceTokens__Callers__gateway__PublicKey", "key"),
            "a permission more" => () => Add("auth", "ServiceTokens__Callers__logs__Permissions__1", "access-tokens"),
            "a way too many" => () =>
            {
                Policy("vault")["ingress"]![0]!["from"]!.AsArray().Add(Peer("gateway"));
                Policy("gateway")["egress"]![0]!["to"]!.AsArray().Add(Peer("vault"));
            },
            "the management port is open" => () =>
            {
                Policy("logs")["ingress"]![0]!["ports"]!.AsArray().Add(new JsonObject { ["port"] = 8081 });
                Policy("gateway")["egress"]![0]!["ports"]!.AsArray().Add(new JsonObject { ["port"] = 8081 });
            },
            _ => throw new ArgumentOutOfRangeException(nameof(planted), planted, null),
        };
        change();
    }

    private static JsonObject Peer(string name) =>
        new()
        {
            ["podSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app.kubernetes.io/name"] = name } },
        };
}
