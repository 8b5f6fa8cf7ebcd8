using System.Text.Json.Nodes;
using YamlDotNet.Serialization;

namespace Partner.Solution.Tests.Tile;

/// <summary>The files that the tile is made of, read as they stand in the checkout.</summary>
internal static class TileFile
{
    /// <summary>The tile's text, published as README.md; the repository's own is for those who run it.</summary>
    public const string Readme = "assets/README-tile.md";

    public static JsonNode Manifest { get; } = Json("manifest.json");

    public static string Title { get; } = Text(Manifest, "tile/title");

    public static string AppId { get; } = Text(Manifest, "app_id");

    public static bool Exists(string path) => File.Exists(PathOf(path));

    public static string PathOf(string path) => Path.Combine(Checkout.Root, path);

    public static string Read(string path) => File.ReadAllText(PathOf(path));

    public static IReadOnlyList<string> In(string folder) =>
        [
            .. Directory
                .EnumerateFiles(PathOf(folder))
                .Select(p => Path.GetRelativePath(Checkout.Root, p).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];

    public static JsonNode Json(string path) => JsonNode.Parse(Read(path))!;

    /// <summary>A YAML file as the JSON that means the same: unquoted numbers and booleans keep their kind.</summary>
    public static JsonNode Yaml(string path)
    {
        var reader = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build();
        var json = new SerializerBuilder().JsonCompatible().Build().Serialize(reader.Deserialize<object>(Read(path)));
        return JsonNode.Parse(json)!;
    }

    public static JsonNode? Find(JsonNode? node, string path) =>
        path.Split('/').Aggregate(node, (at, name) => (at as JsonObject)?[name]);

    public static string Text(JsonNode node, string path) => Find(node, path)?.GetValue<string>() ?? "";

    public static IReadOnlyList<string> Texts(JsonNode? array) =>
        [.. (array as JsonArray ?? []).Select(n => n!.GetValue<string>())];

    public static IEnumerable<string> Keys(JsonNode? node) =>
        (node as JsonObject ?? []).Select(p => p.Key).Order(StringComparer.Ordinal);
}
