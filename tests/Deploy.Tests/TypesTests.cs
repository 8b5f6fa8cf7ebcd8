using System.Text.Json.Nodes;
using Partner.Deploy.Tests.Tools;
using Partner.Testing;

namespace Partner.Deploy.Tests;

/// <summary>Every object compiles as a literal of its type and is valid by its schema, those of other projects too.</summary>
public class TypesTests
{
    /// <summary>One run of the compiler for all: it takes seconds.</summary>
    [Fact]
    public async Task EveryObjectIsOfItsTypeAndMistakesAreFound()
    {
        var dev = await Overlays.DevAsync();
        var everything = await Overlays.EverythingAsync();
        // An example of a partner's own.
        var sidecar = Manifest.Parse(await File.ReadAllTextAsync(Repository.PathOf("services/Relay/sidecar.yaml")));
        var wrong = new Manifest([
            Planted(
                everything,
                "Deployment",
                "vault",
                o => Container(o)["livenessProbe"]!["httpGet"]!["pathh"] = "/alive"
            ),
            Planted(everything, "Deployment", "auth", o => Container(o)["ports"]![0]!["containerPort"] = "8080"),
            Planted(everything, "Deployment", "logs", o => Container(o)["readinessProbe"]!["periodSeconds"] = "5"),
            Planted(everything, "Service", "logs", o => o["spec"]!["ports"]![0]!["port"] = "http"),
            Planted(everything, "NetworkPolicy", "logs", o => o["spec"]!["ingres"] = new JsonArray()),
            Planted(everything, "HTTPRoute", "gateway", o => o["spec"]!["rules"]![0]!["timeouts"]!["request"] = "soon"),
            Planted(everything, "Gateway", "public", o => o["spec"]!["listeners"]![0]!["protocol"] = 1),
            Planted(everything, "ExternalSecret", "vault", o => o["spec"]!["secretStoreRef"]!["kind"] = "Vault"),
            Planted(sidecar, "Deployment", "shop", o => Relay(o)["startupProbe"]!["failureTreshold"] = 60),
            Planted(everything, "CiliumNetworkPolicy", "egress-datadog", o => o["spec"]!["egres"] = new JsonArray()),
        ]);

        // kustomize folds long values of the Secrets that it makes, which the API server takes and the schema does not.
        var mistakes = await Checks.TypeMistakesAsync(
            new Manifest([
                .. dev.Objects.Where(o => o.Kind() != "Secret"),
                .. everything.Objects,
                .. sidecar.Objects,
                .. wrong.Objects,
            ])
        );

        Assert.All(mistakes, m => Assert.Contains(" planted-", m, StringComparison.Ordinal));
        Assert.All(
            wrong.Objects,
            o => Assert.Contains(mistakes, m => m.StartsWith($"{o.Title()}: ", StringComparison.Ordinal))
        );
    }

    private static JsonObject Planted(Manifest manifest, string kind, string name, Action<JsonObject> change)
    {
        var copy = manifest.Get(kind, name).DeepClone().AsObject();
        copy["metadata"]!["name"] = $"planted-{name}";
        change(copy);
        return copy;
    }

    private static JsonNode Container(JsonObject deployment) =>
        deployment["spec"]!["template"]!["spec"]!["containers"]![0]!;

    private static JsonNode Relay(JsonObject deployment) =>
        deployment["spec"]!["template"]!["spec"]!["initContainers"]![0]!;
}
