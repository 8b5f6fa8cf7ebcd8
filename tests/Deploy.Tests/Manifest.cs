using System.Text;
using System.Text.Json.Nodes;
using Partner.Deploy.Tests.Tools;

namespace Partner.Deploy.Tests;

/// <summary>The objects of a rendered overlay.</summary>
internal sealed class Manifest(IReadOnlyList<JsonObject> objects)
{
    private static readonly string[] Workloads = ["Deployment", "StatefulSet", "Job"];

    public IReadOnlyList<JsonObject> Objects => objects;

    public static Manifest Parse(string yaml) => new([.. Yaml.Read(yaml)]);

    public IEnumerable<Workload> All => Of(Workloads).Select(o => new Workload(this, o));

    public IEnumerable<JsonObject> Of(params string[] kinds) => objects.Where(o => kinds.Contains(o.Kind()));

    public JsonObject Get(string kind, string name) =>
        Find(kind, name) ?? throw new InvalidOperationException($"There is no {kind} {name}.");

    public JsonObject? Find(string kind, string name) => Of(kind).SingleOrDefault(o => o.Name() == name);

    /// <summary>A ConfigMap's value; <paramref name="name"/> with or without the suffix that kustomize gives it.</summary>
    public string? Setting(string name, string key) =>
        (
            Find("ConfigMap", name)
            ?? Of("ConfigMap").SingleOrDefault(o => o.Name()[..Math.Max(0, o.Name().LastIndexOf('-'))] == name)
        )?["data"]?[key]?.GetValue<string>();

    /// <summary>A Secret's value, as a container gets it.</summary>
    public string SecretText(string name, string key) =>
        Encoding.UTF8.GetString(Convert.FromBase64String(Get("Secret", name)["data"]!.Name(key)));

    /// <summary>Another one with a change in it: a planted defect.</summary>
    public Manifest With(Action<Manifest> change)
    {
        var copy = new Manifest([.. objects.Select(o => o.DeepClone().AsObject())]);
        change(copy);
        return copy;
    }

    /// <summary>Another one without an object.</summary>
    public Manifest Without(string kind, string name) =>
        new([.. objects.Where(o => (o.Kind(), o.Name()) != (kind, name))]);

    public string ToJson() => new JsonArray([.. objects.Select(o => o.DeepClone())]).ToJsonString();
}

/// <summary>What runs pods.</summary>
internal sealed class Workload(Manifest manifest, JsonObject o)
{
    public string Name => o.Name();

    public bool IsJob => o.Kind() == "Job";

    public JsonObject Object => o;

    public JsonObject Template => o["spec"]!["template"]!.AsObject();

    public JsonObject Pod => Template["spec"]!.AsObject();

    public IReadOnlyDictionary<string, string> Labels => Template["metadata"]!["labels"].Texts();

    public IEnumerable<JsonObject> Containers => Pod["containers"].Items();

    /// <summary>Sidecars among them.</summary>
    public IEnumerable<JsonObject> InitContainers => Pod["initContainers"].Items();

    public IEnumerable<JsonObject> AllContainers => InitContainers.Concat(Containers);

    public IEnumerable<JsonObject> Sidecars => InitContainers.Where(c => c["restartPolicy"].Is("Always"));

    /// <summary>Those of its containers, each with its name.</summary>
    public IEnumerable<(string Name, long Number)> Ports =>
        AllContainers.SelectMany(c => c["ports"].Items()).Select(p => (p.Name("name"), p["containerPort"]!.Number()));

    /// <param name="port">A number, or the name that a container gives it.</param>
    public long PortOf(JsonNode port) => Ports.First(p => port.Is(p.Name) || port.Is(p.Number)).Number;

    public bool IsSelectedBy(JsonNode? labels) =>
        labels.Texts() is { Count: > 0 } selector
        && selector.All(pair => Labels.GetValueOrDefault(pair.Key) == pair.Value);

    /// <summary>The container that has the workload's name.</summary>
    public JsonObject Main => Containers.First();

    /// <summary>
    /// A container's environment as the kubelet makes it; a Secret's value is <c>{key.value}</c>, as the AppHost writes a
    /// parameter, unless <paramref name="secret"/> knows it.
    /// </summary>
    public Dictionary<string, string> EnvironmentOf(JsonObject container, Func<string, string, string>? secret = null)
    {
        secret ??= (_, key) => $"{{{key}.value}}";
        var all = new Dictionary<string, string>();
        foreach (var map in container["envFrom"].Items())
        {
            foreach (var (name, value) in manifest.Get("ConfigMap", map["configMapRef"]!.Name("name"))["data"].Texts())
            {
                all[name] = value;
            }
        }

        // $(NAME) is one of `env` alone, and one that stands before (kubelet's makeEnvironmentVariables).
        var named = new Dictionary<string, string>();
        foreach (var variable in container["env"].Items())
        {
            var value = variable["valueFrom"] switch
            {
                null => Expand(variable["value"]?.GetValue<string>() ?? "", named),
                { } source when source["secretKeyRef"] is { } key => secret(key.Name("name"), key.Name("key")),
                { } source when source["configMapKeyRef"] is { } key => manifest.Setting(
                    key.Name("name"),
                    key.Name("key")
                ) ?? throw new InvalidOperationException($"{Name}: there is no {key.ToJsonString()}."),
                { } source => $"<{source["fieldRef"]!.Name("fieldPath")}>",
            };
            all[variable.Name("name")] = named[variable.Name("name")] = value;
        }

        return all;
    }

    public static string Expand(string text, IReadOnlyDictionary<string, string> named) =>
        References.Pattern().Replace(text, m => named.GetValueOrDefault(m.Groups[1].Value, m.Value));
}
