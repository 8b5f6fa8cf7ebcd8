using System.Text.Json.Nodes;

namespace Partner.Solution.Tests.Tile;

/// <summary>Many files say what is sent and read, and all the same (datadog-facts 2.10, 5.2 to 5.4).</summary>
public class DataTypeTests
{
    /// <summary>Which scopes read a data type (datadog-facts 4).</summary>
    private static readonly Dictionary<string, string[]> Reading = new()
    {
        ["Events"] = ["events_read"],
        ["Incidents"] = ["incident_read"],
        ["Logs"] = ["logs_read_data", "logs_read_index_data"],
        ["Metrics"] = ["metrics_read", "timeseries_query"],
        ["Traces"] = ["apm_read"],
    };

    private static readonly string[] Flowing = ["events", "logs", "metrics", "rum_events", "traces"];

    private static readonly IReadOnlyList<string> Tags = TileFile.Texts(
        TileFile.Find(TileFile.Manifest, "tile/classifier_tags")
    );

    private static readonly IReadOnlyList<string> Scopes = TileFile.Texts(
        TileFile.Find(TileFile.Json("assets/oauth_clients.json"), "integration/scopes")
    );

    private static readonly JsonArray Dataflows = (JsonArray)
        TileFile.Find(TileFile.Yaml("assets/dataflows.yaml"), "provides")!;

    private static readonly IReadOnlyList<string> Submitted = Tagged("Submitted Data Type");

    [Fact]
    public void ClassifierTagsAreOfTheList()
    {
        Assert.Equal([], Tags.Except(ClassifierTags.All));
        Assert.Equal(Tags.Distinct(), Tags);
        Assert.Contains("Offering::Integration", Tags);
    }

    [Fact]
    public void LogsAreCollectedWhereThereIsAPipeline() =>
        Assert.Equal(
            TileFile.Find(TileFile.Manifest, "assets/logs") is not null,
            Tags.Contains("Category::Log Collection")
        );

    [Fact]
    public void ADataflowHasItsForm()
    {
        Assert.All(
            Dataflows,
            flow => Assert.Equal(["always_on", "data_type", "direction", "granular", "id"], TileFile.Keys(flow))
        );
        Assert.All(
            Dataflows,
            flow =>
                Assert.Equal(
                    ($"{TileFile.AppId}-{TileFile.Text(flow!, "data_type")}", true, false, "inbound"),
                    (
                        TileFile.Text(flow!, "id"),
                        flow!["always_on"]!.GetValue<bool>(),
                        flow["granular"]!.GetValue<bool>(),
                        TileFile.Text(flow, "direction")
                    )
                )
        );
        var types = Dataflows.Select(flow => TileFile.Text(flow!, "data_type")).ToList();
        Assert.Equal([], types.Except(Flowing));
        Assert.Equal(types.Distinct(), types);
    }

    [Fact]
    public void WhatIsSubmittedFlows() =>
        Assert.Equal(
            Submitted.Where(t => t != "Incidents").Select(t => t.ToLowerInvariant()),
            Dataflows.Select(flow => TileFile.Text(flow!, "data_type")).Order(StringComparer.Ordinal)
        );

    [Fact]
    public void WhatIsSubmittedHasItsAssets() =>
        Assert.Equal(
            (Submitted.Contains("Metrics"), Submitted.Contains("Logs"), Submitted.Contains("Events")),
            (
                TileFile.Find(TileFile.Manifest, "assets/integration/metrics/check") is not null,
                TileFile.Find(TileFile.Manifest, "assets/logs/source") is not null,
                TileFile.Find(TileFile.Manifest, "assets/integration/events/creates_events")!.GetValue<bool>()
            )
        );

    [Fact]
    public void WhatIsSubmittedHasItsScope()
    {
        Assert.Equal(Submitted.Contains("Incidents"), Scopes.Contains("incident_write"));
        Assert.Equal(Submitted.Any(t => t != "Incidents"), Scopes.Contains("api_keys_write"));
    }

    [Fact]
    public void WhatIsQueriedHasItsScope() =>
        Assert.Equal(
            Reading.Where(r => r.Value.Intersect(Scopes).Any()).Select(r => r.Key),
            Tagged("Queried Data Type")
        );

    private static IReadOnlyList<string> Tagged(string kind) =>
        [
            .. Tags.Where(t => t.StartsWith(kind + "::", StringComparison.Ordinal))
                .Select(t => t[(kind.Length + 2)..])
                .Order(StringComparer.Ordinal),
        ];
}
