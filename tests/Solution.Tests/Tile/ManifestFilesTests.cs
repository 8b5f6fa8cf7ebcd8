using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Partner.Solution.Tests.Tile;

/// <summary>manifest.json and the files that it names (datadog-facts 5.2 to 5.4).</summary>
public partial class ManifestFilesTests
{
    private const int MediaCount = 8;
    private const int CaptionLength = 300;
    private const long ImageLength = 1_000_000;

    private static readonly JsonArray Media = (JsonArray)TileFile.Find(TileFile.Manifest, "tile/media")!;

    [Fact]
    public void EveryFileThatTheManifestNamesIsThere() =>
        Assert.Equal(
            [],
            Strings(TileFile.Manifest).Where(s => FileName().IsMatch(s)).Where(s => !TileFile.Exists(s.Split('#')[0]))
        );

    [Fact]
    public void EverySectionThatTheManifestNamesIsInTheReadme() =>
        Assert.Equal(
            [],
            Strings(TileFile.Manifest)
                .Where(s => s.StartsWith("README.md#", StringComparison.Ordinal))
                .Where(s => !Markdown.Sections(TileFile.Readme).ContainsKey(s.Split('#')[1]))
        );

    [Theory]
    [InlineData("assets/dashboards", 1, int.MaxValue)]
    [InlineData("assets/monitors", 1, 10)]
    public void EveryAssetIsNamedByTheManifest(string folder, int least, int most)
    {
        var named = ((JsonObject)TileFile.Find(TileFile.Manifest, folder)!).Select(p => p.Value!.GetValue<string>());
        Assert.Equal(TileFile.In(folder), named.Order(StringComparer.Ordinal));
        Assert.InRange(TileFile.In(folder).Count, least, most);
    }

    [Fact]
    public void MetricsAreDescribedWhereTheyAreDeclared()
    {
        Assert.Equal("metadata.csv", TileFile.Text(TileFile.Manifest, "assets/integration/metrics/metadata_path"));
        Assert.Equal(
            "assets/service_checks.json",
            TileFile.Text(TileFile.Manifest, "assets/integration/service_checks/metadata_path")
        );
    }

    [Fact]
    public void TheGalleryKeepsItsLimits()
    {
        Assert.InRange(Media.Count, 0, MediaCount);
        Assert.InRange(Media.Count(m => TileFile.Text(m!, "media_type") == "video"), 0, 1);
        Assert.Equal([], Media.Select(m => MediaProblem(m!)).OfType<string>());
    }

    private static string? MediaProblem(JsonNode media)
    {
        var image = TileFile.Text(media, "image_url");
        var caption = TileFile.Text(media, "caption");
        return TileFile.Text(media, "media_type") is not ("image" or "video") ? "not an image or a video"
            : caption.Length is 0 or > CaptionLength ? $"{image}: caption of {caption.Length}"
            : !Picture().IsMatch(image) ? $"{image}: not a png or jpg, or a space in its name"
            : !TileFile.Exists(image) ? $"{image}: not there"
            : new FileInfo(TileFile.PathOf(image)).Length > ImageLength ? $"{image}: too large"
            : null;
    }

    private static IEnumerable<string> Strings(JsonNode? node) =>
        node switch
        {
            JsonObject o => o.SelectMany(p => Strings(p.Value)),
            JsonArray a => a.SelectMany(Strings),
            JsonValue v when v.TryGetValue<string>(out var text) => [text],
            _ => [],
        };

    [GeneratedRegex(@"^[\w/ -]+\.(md|json|csv|ya?ml|png|jpe?g)(#\w+)?$")]
    private static partial Regex FileName();

    [GeneratedRegex(@"^[^\s]+\.(png|jpe?g)$")]
    private static partial Regex Picture();
}
