using System.Text.Json.Nodes;
using Partner.Testing;

namespace Partner.AppHost.Tests.Clients;

/// <summary>
/// Clients that take a site's name, and make hosts of it. The same client, told Datadog's site, makes the same arrive.
/// </summary>
public partial class RealClientsTests
{
    [Fact]
    public async Task EachIntakeOfDatadogsOwnClientByItsSite()
    {
        var arrived = await ArrivesAsStraightAsync(
            "every-form.cjs",
            "every-form",
            ("metrics", 8),
            ("logs", 7),
            ("events", 1),
            ("service_checks", 1)
        );

        Assert.Equal(
            [
                "every.form.points.deflate",
                "every.form.points.plain",
                "every.form.v1.deflate",
                "every.form.v1.gzip",
                "every.form.v1.plain",
                "every.form.v2.deflate",
                "every.form.v2.gzip",
                "every.form.v2.plain",
            ],
            arrived["metrics"].Select(item => Text(item, "metric")!).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task DatadogMetrics()
    {
        var arrived = await ArrivesAsStraightAsync("datadog-metrics.cjs", "datadog-metrics", ("metrics", 13));

        var series = arrived["metrics"].ToLookup(item => Text(item, "metric")!);
        var gauge = Assert.Single(series["datadog.metrics.gauge"]);
        Assert.Equal(("h", """["a:b","env:test"]"""), (Text(gauge, "host"), Sorted(gauge["tags"]!)));
        Assert.Equal("0.25", gauge["points"]![0]![1]!.ToJsonString());
        Assert.Equal("3", Assert.Single(series["datadog.metrics.count"])["points"]![0]![1]!.ToJsonString());
        Assert.Equal(
            "[1.5,2.5]",
            Assert.Single(series["datadog.metrics.distribution"])["points"]![0]![1]!.ToJsonString()
        );
    }

    [Theory]
    [InlineData("pino-datadog-transport")]
    [InlineData("loglayer")]
    public async Task TransportsOfLogs(string library)
    {
        var arrived = await ArrivesAsStraightAsync("log-transports.cjs", library, [("LIBRARY", library)], ("logs", 2));

        var log = LogOf(arrived["logs"], library);
        Assert.Equal(("shop", "node", "env:test"), (Text(log, "service"), Text(log, "ddsource"), Text(log, "ddtags")));
    }

    /// <summary>
    /// Of the older intake these have the host built in, and the key in the path, which Datadog documents nowhere: so
    /// there is nothing to compare with.
    /// </summary>
    [Theory]
    [InlineData("datadog-winston")]
    [InlineData("pino-datadog")]
    public async Task TransportsOfLogsThatHaveTheirHostBuiltIn(string library)
    {
        var gateway = await Destination.GatewayAsync(system, library) with { BuiltIn = PartnerSite.BuiltInHost };
        var environment = gateway.Environment(MarkOf(library));
        environment["LIBRARY"] = library;

        await NodeClients.Default.RunAsync("log-transports.cjs", environment);

        // Service, source and tags stand in the query, which goes on with the batch.
        LogOf([.. (await ItemsAsync(gateway.Org, "logs", 2)).Select(item => JsonNode.Parse(item)!)], library);
    }

    // The field is the log's, or of the record that the library makes its text.
    private static JsonNode LogOf(IReadOnlyList<JsonNode> logs, string library) =>
        Assert.Single(
            logs,
            log =>
                log.ToJsonString().Contains(MarkOf(library), StringComparison.Ordinal)
                && Alike.Of([log.ToJsonString()])[0].Contains("order:7", StringComparison.Ordinal)
        );

    [Theory]
    [InlineData("http")]
    [InlineData("proto")]
    public async Task SpansOfAnOpenTelemetrySdkByASite(string encoding)
    {
        var arrived = await ArrivesAsStraightAsync(
            "otlp.cjs",
            $"otlp-{encoding}",
            [("ENCODING", encoding), ("SIGNALS", "traces")],
            ("traces", 1)
        );

        Assert.Equal(MarkOf($"otlp-{encoding}"), Text(Assert.Single(arrived["traces"]), "name"));
    }

    private static string MarkOf(string name) => name.Replace('-', '.');

    private static string Sorted(JsonNode tags) =>
        $"[{string.Join(',', tags.AsArray().Select(tag => tag!.ToJsonString()).Order(StringComparer.Ordinal))}]";

    private Task<Dictionary<string, IReadOnlyList<JsonNode>>> ArrivesAsStraightAsync(
        string script,
        string name,
        params (string Type, int Count)[] types
    ) => ArrivesAsStraightAsync(script, name, [], types);

    /// <summary>Runs a script twice, to the gateway and to Datadog, and compares what arrived, of each type as much as is said.</summary>
    /// <returns>What came through the gateway.</returns>
    private async Task<Dictionary<string, IReadOnlyList<JsonNode>>> ArrivesAsStraightAsync(
        string script,
        string name,
        (string Name, string Value)[] more,
        params (string Type, int Count)[] types
    )
    {
        Destination[] destinations =
        [
            await Destination.GatewayAsync(system, name),
            await Destination.DatadogAsync(system, name),
        ];
        foreach (var destination in destinations)
        {
            var environment = destination.Environment(MarkOf(name));
            environment["GATEWAY"] = $"https://otlp.{destination.Site}/";
            foreach (var (variable, value) in more)
            {
                environment[variable] = value;
            }

            await NodeClients.Default.RunAsync(script, environment);
        }

        var arrived = new Dictionary<string, IReadOnlyList<JsonNode>>();
        foreach (var (type, count) in types)
        {
            var through = await ItemsAsync(destinations[0].Org, type, count);
            Assert.Equal(Alike.Of(await ItemsAsync(destinations[1].Org, type, count)), Alike.Of(through));
            arrived[type] = [.. through.Select(item => JsonNode.Parse(item)!)];
        }

        return arrived;
    }

    private async Task<IReadOnlyList<string>> ItemsAsync(string org, string type, int count)
    {
        var items = await Until.AnsweredAsync(
            () => system.Sandbox.ItemsAsync(org, type),
            items => items.Count >= count
        );
        Assert.Equal(count, items.Count);
        return items;
    }
}
