using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Partner.Deploy.Tests;

/// <summary>Short ways to the parts of Kubernetes' objects.</summary>
internal static class Json
{
    public static string Kind(this JsonObject o) => o["kind"]!.GetValue<string>();

    public static string Name(this JsonObject o) => o["metadata"]!.Name("name");

    public static string Name(this JsonNode node, string field) => node[field]!.GetValue<string>();

    /// <summary>As sentences name it.</summary>
    public static string Title(this JsonObject o) => $"{o.Kind()} {o.Name()}";

    public static long Number(this JsonNode node) => long.Parse(node.ToJsonString(), CultureInfo.InvariantCulture);

    public static IEnumerable<JsonObject> Items(this JsonNode? list) =>
        list?.AsArray().Select(i => i!.AsObject()) ?? [];

    public static IEnumerable<string> Strings(this JsonNode? list) =>
        list?.AsArray().Select(i => i!.GetValue<string>()) ?? [];

    public static IReadOnlyDictionary<string, string> Texts(this JsonNode? map) =>
        map?.AsObject().ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<string>()) ?? [];

    /// <summary>A node far down, or null.</summary>
    public static JsonNode? At(this JsonNode? node, string path) =>
        path.Split('/').Aggregate(node, (at, field) => at?[field]);

    public static bool Is(this JsonNode? node, object value) => node?.ToJsonString() == JsonSerializer.Serialize(value);
}

internal static partial class References
{
    /// <summary>$(NAME)</summary>
    [GeneratedRegex(@"\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")]
    public static partial Regex Pattern();
}
