using System.Text.Json.Nodes;

namespace Partner.Solution.Tests.Tile;

/// <summary>assets/logs (datadog-facts 5.2, 5.7).</summary>
public class LogPipelineTests
{
    private static readonly string Source = TileFile.Text(TileFile.Manifest, "assets/logs/source");
    private static readonly JsonNode File = TileFile.Yaml($"assets/logs/{Source}.yaml");
    private static readonly JsonNode Tests = TileFile.Yaml($"assets/logs/{Source}_tests.yaml");

    private static readonly IReadOnlyList<JsonNode> Processors =
    [
        .. ((JsonArray)TileFile.Find(File, "pipeline/processors")!).Select(p => p!),
    ];

    private static readonly IReadOnlyList<JsonNode> Samples = [.. ((JsonArray)Tests["tests"]!).Select(t => t!)];

    [Fact]
    public void FilesAndIdsAreNamedAfterTheSource()
    {
        Assert.Equal([$"assets/logs/{Source}.yaml", $"assets/logs/{Source}_tests.yaml"], TileFile.In("assets/logs"));
        Assert.Equal((Source, Source), (TileFile.Text(File, "id"), TileFile.Text(Tests, "id")));
        Assert.Equal(["backend_only", "facets", "id", "pipeline"], TileFile.Keys(File));
    }

    [Fact]
    public void ThePipelineTakesTheSourcesLogsAlone()
    {
        Assert.Equal(
            ("pipeline", TileFile.Title, $"source:{Source}"),
            (
                TileFile.Text(File, "pipeline/type"),
                TileFile.Text(File, "pipeline/name"),
                TileFile.Text(File, "pipeline/filter/query")
            )
        );
        Assert.True(TileFile.Find(File, "pipeline/enabled")!.GetValue<bool>());
    }

    [Fact]
    public void AFacetIsGroupedUnderTheIntegration() =>
        Assert.All(
            (JsonArray)File["facets"]!,
            facet =>
            {
                Assert.Equal(["groups", "name", "path", "source"], TileFile.Keys(facet));
                Assert.Equal([TileFile.Title], TileFile.Texts(facet!["groups"]));
                var ofALog = TileFile.Text(facet, "source") == "log";
                Assert.True(!ofALog || TileFile.Text(facet, "path").StartsWith(Source + ".", StringComparison.Ordinal));
            }
        );

    [Theory]
    [InlineData("date-remapper")]
    [InlineData("message-remapper")]
    [InlineData("status-remapper")]
    [InlineData("service-remapper")]
    public void WhatEveryLogHasIsRemappedOnce(string type) =>
        Assert.Single(Processors, p => TileFile.Text(p, "type") == type);

    [Fact]
    public void NoAttributeIsKeptTwice() =>
        Assert.All(
            Processors.Where(p => TileFile.Text(p, "type") == "attribute-remapper"),
            processor => Assert.False(processor["preserveSource"]!.GetValue<bool>())
        );

    [Fact]
    public void EveryProcessorWorksOnASample() =>
        Assert.Equal(
            [],
            Processors
                .Where(p =>
                    !Samples.Any(sample =>
                        TileFile
                            .Texts(p["sources"])
                            .Any(((JsonObject)JsonNode.Parse(TileFile.Text(sample, "sample"))!).ContainsKey)
                    )
                )
                .Select(p => TileFile.Text(p, "name"))
        );

    [Fact]
    public void EverySampleBecomesItsResult()
    {
        var pipeline = new LogPipeline(Processors);
        Assert.NotEmpty(Samples);
        Assert.All(
            Samples,
            sample =>
                Assert.True(
                    JsonNode.DeepEquals(sample["result"], pipeline.Run(TileFile.Text(sample, "sample"))),
                    pipeline.Run(TileFile.Text(sample, "sample")).ToJsonString()
                )
        );
    }
}
