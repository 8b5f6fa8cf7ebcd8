using System.Globalization;
using System.Text.Json.Nodes;

namespace Partner.Solution.Tests.Tile;

/// <summary>assets/monitors (datadog-facts 5.2, 5.7).</summary>
public class MonitorTests
{
    private const int DescriptionLength = 300;

    private static readonly string[] Required =
    [
        "created_at",
        "definition",
        "description",
        "last_updated_at",
        "tags",
        "title",
        "version",
    ];

    private static readonly string[] Defining = ["message", "name", "options", "query", "tags", "type"];
    private static readonly string[] Optional = ["priority", "restricted_roles"];

    public static TheoryData<string> Files => [.. TileFile.In("assets/monitors")];

    [Theory]
    [MemberData(nameof(Files))]
    public void KeysAreExactlyThose(string file)
    {
        var monitor = TileFile.Json(file);
        Assert.Equal(Required, TileFile.Keys(monitor));
        Assert.Equal(Defining, TileFile.Keys(monitor["definition"]).Except(Optional));
        Assert.Equal(2, monitor["version"]!.GetValue<int>());
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void ItIsTaggedWithTheIntegration(string file) =>
        Assert.Contains($"integration:{TileFile.AppId}", TileFile.Texts(TileFile.Json(file)["tags"]));

    [Theory]
    [MemberData(nameof(Files))]
    public void TheTitleIsPlainAndTheDescriptionShort(string file)
    {
        var monitor = TileFile.Json(file);
        Assert.NotEqual("", TileFile.Text(monitor, "title"));
        Assert.DoesNotContain("{{", TileFile.Text(monitor, "title"));
        Assert.InRange(TileFile.Text(monitor, "description").Length, 1, DescriptionLength);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void DatesAreRealAndInOrder(string file)
    {
        var monitor = TileFile.Json(file);
        Assert.InRange(Date(monitor, "created_at"), DateOnly.MinValue, Date(monitor, "last_updated_at"));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void TheQueryAsksForMetricsThatExist(string file)
    {
        var metrics = MetricQuery.Metrics(TileFile.Text(TileFile.Json(file), "definition/query"));
        Assert.NotEmpty(metrics);
        Assert.Equal([], metrics.Except(MetricsMetadataTests.Names));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void TheQueryEndsWithTheCriticalThreshold(string file)
    {
        var monitor = TileFile.Json(file);
        var critical = TileFile.Find(monitor, "definition/options/thresholds/critical");
        Assert.Equal(critical?.ToJsonString(), TileFile.Text(monitor, "definition/query").Split(' ')[^1]);
        Assert.NotEqual("", TileFile.Text(monitor, "definition/message"));
    }

    private static DateOnly Date(JsonNode monitor, string key) =>
        DateOnly.ParseExact(TileFile.Text(monitor, key), "yyyy-MM-dd", CultureInfo.InvariantCulture);
}
