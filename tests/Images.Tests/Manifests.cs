using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Partner.Testing;
using YamlDotNet.Serialization;

namespace Partner.Images.Tests;

/// <summary>The objects of an overlay as <c>kubectl kustomize</c> renders them; every scalar is a text.</summary>
internal sealed partial class Manifests
{
    private readonly List<JsonNode> _objects;

    private Manifests(IEnumerable<JsonNode> objects) => _objects = [.. objects];

    public IEnumerable<string> Kinds => _objects.Select(o => Text(o["kind"])).Distinct();

    /// <summary>The development overlay with secrets of its own, rendered in a copy.</summary>
    public static async Task<Manifests> RenderDevelopmentAsync()
    {
        var copy = Repository.PathOf("artifacts/podman/kubernetes");
        if (Directory.Exists(copy))
        {
            Directory.Delete(copy, recursive: true);
        }

        await Command.RunAsync("cp", ["-r", Repository.PathOf("deploy/kubernetes"), copy]);
        var secrets = Path.Combine(copy, "overlays/dev/secrets");
        if (Directory.Exists(secrets))
        {
            Directory.Delete(secrets, recursive: true);
        }

        await Command.RunAsync("bash", [Path.Combine(copy, "make-secrets.sh"), "--development", secrets]);
        var kubectl = LocalProcess.Find("kubectl", Repository.PathOf("artifacts/deploy-check"));
        return Parse(await Command.RunAsync(kubectl, ["kustomize", Path.Combine(copy, "overlays/dev")]));
    }

    public static Manifests Parse(string yaml)
    {
        var json = new SerializerBuilder().JsonCompatible().Build();
        var reader = new DeserializerBuilder().Build();
        return new Manifests(
            DocumentEnd()
                .Split(yaml)
                .Where(d => d.Trim() != "")
                .Select(d => JsonNode.Parse(json.Serialize(reader.Deserialize(d)))!)
        );
    }

    /// <summary>What becomes pods: one of each, whatever the number of replicas.</summary>
    public IReadOnlyList<PodTemplate> Pods() =>
        [
            .. from o in _objects
            where Text(o["kind"]) is "Deployment" or "StatefulSet" or "Job"
            select new PodTemplate(
                Text(o["metadata"]!["name"]),
                Text(o["kind"]) == "Job",
                o["spec"]!["template"]!["spec"]!,
                Labels(o["spec"]!["template"]!["metadata"]!["labels"]),
                [
                    .. List(o["spec"]!["volumeClaimTemplates"]).Select(c => Text(c["metadata"]!["name"])),
                    .. List(o["spec"]!["template"]!["spec"]!["volumes"])
                        .Where(v => v["emptyDir"] is not null)
                        .Select(v => Text(v["name"])),
                ]
            ),
        ];

    /// <summary>The Services, each with the pod that it selects; a pod is reached at the ports of its containers.</summary>
    /// <exception cref="InvalidOperationException">A Service has a port other than its pod's.</exception>
    public IReadOnlyDictionary<string, PodTemplate> Services()
    {
        var pods = Pods();
        var services = new Dictionary<string, PodTemplate>();
        foreach (var service in _objects.Where(o => Text(o["kind"]) == "Service"))
        {
            var (name, selector) = (Text(service["metadata"]!["name"]), Labels(service["spec"]!["selector"]));
            var pod = pods.Single(p => selector.All(p.Labels.Contains));
            foreach (var port in List(service["spec"]!["ports"]))
            {
                if (Text(port["port"]) != $"{pod.PortOf(Text(port["targetPort"]))}")
                {
                    throw new InvalidOperationException($"The Service {name} has a port other than its pod's.");
                }
            }

            services[name] = pod;
        }

        return services;
    }

    /// <param name="name">With or without the hash that kustomize adds.</param>
    public IReadOnlyDictionary<string, string> ConfigMap(string name) =>
        Labels(
            _objects.Single(o =>
                Text(o["kind"]) == "ConfigMap"
                && (Text(o["metadata"]!["name"]) == name || Hash().Replace(Text(o["metadata"]!["name"]), "") == name)
            )["data"]
        );

    public string Secret(string name, string key) =>
        Encoding.UTF8.GetString(
            Convert.FromBase64String(
                Text(
                    _objects.Single(o => Text(o["kind"]) == "Secret" && Text(o["metadata"]!["name"]) == name)["data"]![
                        key
                    ]
                )
            )
        );

    /// <summary>As Kubernetes makes it: first envFrom, then env in its order, each with what came before it.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentOf(JsonNode container)
    {
        var environment = new Dictionary<string, string>();
        foreach (var source in List(container["envFrom"]))
        {
            foreach (var (key, value) in ConfigMap(Text(source["configMapRef"]!["name"])))
            {
                environment[key] = value;
            }
        }

        foreach (var variable in List(container["env"]))
        {
            environment[Text(variable["name"])] = variable["valueFrom"] is { } from
                ? from["secretKeyRef"] is { } secret
                    ? Secret(Text(secret["name"]), Text(secret["key"]))
                    : ConfigMap(Text(from["configMapKeyRef"]!["name"]))[Text(from["configMapKeyRef"]!["key"])]
                : Expand(Text(variable["value"]), environment);
        }

        return environment;
    }

    /// <summary><c>$(NAME)</c>; what is not known stays as it is.</summary>
    public static string Expand(string text, IReadOnlyDictionary<string, string> environment) =>
        Reference().Replace(text, match => environment.GetValueOrDefault(match.Groups[1].Value, match.Value));

    public static string Text(JsonNode? node) => node?.GetValue<string>() ?? "";

    public static IEnumerable<JsonNode> List(JsonNode? node) => (node as JsonArray ?? []).Select(item => item!);

    private static Dictionary<string, string> Labels(JsonNode? node) =>
        (node as JsonObject ?? []).ToDictionary(p => p.Key, p => Text(p.Value));

    [GeneratedRegex("-[a-z0-9]{10}$")]
    private static partial Regex Hash();

    [GeneratedRegex(@"^---\s*$", RegexOptions.Multiline)]
    private static partial Regex DocumentEnd();

    [GeneratedRegex(@"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")]
    private static partial Regex Reference();
}

/// <param name="Volumes">Names of those that can be written.</param>
internal sealed record PodTemplate(
    string Name,
    bool RunsToItsEnd,
    JsonNode Spec,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyList<string> Volumes
)
{
    public IEnumerable<JsonNode> Containers => Manifests.List(Spec["containers"]);

    /// <summary>Those that end before the next one starts.</summary>
    public IEnumerable<JsonNode> InitContainers =>
        Manifests.List(Spec["initContainers"]).Where(c => Manifests.Text(c["restartPolicy"]) != "Always");

    public IEnumerable<JsonNode> Sidecars => Manifests.List(Spec["initContainers"]).Except(InitContainers);

    public int GraceSeconds =>
        Spec["terminationGracePeriodSeconds"] is { } seconds
            ? int.Parse(Manifests.Text(seconds), CultureInfo.InvariantCulture)
            : 30;

    /// <param name="port">A number, or the name that a container gives it.</param>
    public int PortOf(string port) =>
        int.TryParse(port, CultureInfo.InvariantCulture, out var number)
            ? number
            : int.Parse(
                Manifests.Text(
                    Containers
                        .Concat(Sidecars)
                        .SelectMany(c => Manifests.List(c["ports"]))
                        .Single(p => Manifests.Text(p["name"]) == port)["containerPort"]
                ),
                CultureInfo.InvariantCulture
            );
}
