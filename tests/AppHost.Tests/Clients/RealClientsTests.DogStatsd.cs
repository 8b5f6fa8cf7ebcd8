using System.Text.Json.Nodes;
using Partner.Demo;
using Partner.Testing;

namespace Partner.AppHost.Tests.Clients;

/// <summary>Metrics of dd-trace, which it sends to its agent as lines of DogStatsD.</summary>
public partial class RealClientsTests
{
    [Fact]
    public async Task ATracersMetricsOfItsUserOfTheRuntimeAndOfItself()
    {
        var tenant = await system.ConnectAsync("dogstatsd");
        const string Mark = "dd.mark";

        await RunAsync(
            "dogstatsd.cjs",
            tenant,
            Mark,
            ("DD_TRACE_AGENT_URL", $"http://{tenant.Key.Key}.agent.localhost:{system.Gateway.Port}"),
            ("DD_RUNTIME_METRICS_FLUSH_INTERVAL", "1000")
        );

        await AssertMetricsOfATracerAsync(tenant, Mark);
    }

    /// <summary>What <c>dogstatsd.cjs</c> makes, and the tracer by itself.</summary>
    private async Task AssertMetricsOfATracerAsync(ConnectedTenant tenant, string mark)
    {
        string[] parts = [mark, "runtime.node.process.uptime", "datadog.dogstatsd.client.bytes_sent"];
        var items = await Until.AnsweredAsync(
            async () =>
                (await system.Sandbox.ItemsAsync(tenant.Org.Id, "metrics"))
                    .Select(item => JsonNode.Parse(item)!)
                    .ToLookup(item => Text(item, "metric")!),
            // A request is one commit, and the forms of it go their own ways.
            items =>
                items.Contains($"{mark}.distribution")
                && parts.All(part => items.Any(item => item.Key.StartsWith(part, StringComparison.Ordinal)))
        );
        const string Tags = """["env:test","service:shop","version:1.2"]""";
        // 2 + 3 - 1, the last of two, and what its own histogram makes of 10 and 30; the two others are of a sketch.
        Assert.Equal(
            [
                $"""{mark}.count 1 4 ["color:red","env:test","service:shop","version:1.2"]""",
                $"{mark}.gauge 3 0.25 {Tags}",
                $"{mark}.histogram.95percentile 3",
                $"{mark}.histogram.avg 3 20 {Tags}",
                $"{mark}.histogram.count 1 2 {Tags}",
                $"{mark}.histogram.max 3 30 {Tags}",
                $"{mark}.histogram.median 3",
                $"{mark}.histogram.min 3 10 {Tags}",
                $"{mark}.histogram.sum 1 40 {Tags}",
                $"{mark}.histogram.total 1 40 {Tags}",
            ],
            items
                .Where(group =>
                    group.Key.StartsWith(mark, StringComparison.Ordinal) && group.Key != $"{mark}.distribution"
                )
                .SelectMany(group => group)
                .Select(Describe)
                .Order(StringComparer.Ordinal)
        );
        var distribution = Assert.Single(items[$"{mark}.distribution"]);
        Assert.Equal(
            ("[1.5,2.5]", "h1", """["a:b","env:test","service:shop","version:1.2"]"""),
            (
                distribution["points"]![0]![1]!.ToJsonString(),
                Text(distribution, "host"),
                distribution["tags"]!.ToJsonString()
            )
        );
        AssertGauge(items["runtime.node.process.uptime"], "version:1.2");
        AssertGauge(items["runtime.node.heap.size.by.space"], "heap_space:new_space");
        var sent = items["datadog.dogstatsd.client.bytes_sent"];
        Assert.All(sent, item => Assert.Equal("1", $"{item["type"]}"));
    }

    private static void AssertGauge(IEnumerable<JsonNode> items, string tag)
    {
        var item = items.First(item => item["tags"]!.AsArray().Any(one => $"{one}" == tag));
        Assert.Equal("3", $"{item["type"]}");
        Assert.True(item["points"]![0]!["value"]!.GetValue<double>() > 0);
        Assert.Contains("service:shop", item["tags"]!.AsArray().Select(one => $"{one}"));
        Assert.Null(item["resources"]);
    }

    private static string Describe(JsonNode item) =>
        Text(item, "metric") is { } metric
        && (
            metric.EndsWith("percentile", StringComparison.Ordinal)
            || metric.EndsWith("median", StringComparison.Ordinal)
        )
            ? $"{metric} {item["type"]}"
            : $"{item["metric"]} {item["type"]} {item["points"]![0]!["value"]} {item["tags"]!.ToJsonString()}";
}
