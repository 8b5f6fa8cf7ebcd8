using System.Text.Json.Nodes;

namespace Partner.Solution.Tests.Tile;

/// <summary>assets/service_checks.json (datadog-facts 5.2).</summary>
public class ServiceCheckTests
{
    private static readonly JsonArray Checks = (JsonArray)TileFile.Json("assets/service_checks.json");

    [Fact]
    public void KeysAreExactlyThose() =>
        Assert.All(
            Checks,
            check =>
                Assert.Equal(
                    ["agent_version", "check", "description", "groups", "integration", "name", "statuses"],
                    TileFile.Keys(check)
                )
        );

    [Fact]
    public void ChecksAndNamesAreUnique()
    {
        Assert.Equal(Values("check").Distinct(), Values("check"));
        Assert.Equal(Values("name").Distinct(), Values("name"));
    }

    [Fact]
    public void ACheckBelongsToTheIntegration()
    {
        var prefix = TileFile.Text(TileFile.Manifest, "assets/integration/metrics/prefix");
        Assert.All(Values("integration"), integration => Assert.Equal(TileFile.Title, integration));
        Assert.All(Values("check"), check => Assert.StartsWith(prefix, check));
    }

    [Fact]
    public void ACheckIsDescribed()
    {
        Assert.All(Values("description").Concat(Values("name")), text => Assert.NotEqual("", text));
        Assert.All(Values("agent_version"), version => Assert.Matches(@"^\d+\.\d+\.\d+$", version));
    }

    [Fact]
    public void StatusesAreOfTheFour() =>
        Assert.All(
            Checks,
            check =>
            {
                var statuses = TileFile.Texts(TileFile.Find(check, "statuses"));
                Assert.NotEmpty(statuses);
                Assert.Equal(new[] { "ok", "warning", "critical", "unknown" }.Intersect(statuses), statuses);
                Assert.IsType<JsonArray>(TileFile.Find(check, "groups"));
            }
        );

    private static IReadOnlyList<string> Values(string key) => [.. Checks.Select(check => TileFile.Text(check!, key))];
}
