using System.Text.Json.Nodes;
using Partner.Demo;
using Partner.Testing;

namespace Partner.AppHost.Tests.Clients;

/// <summary>
/// Clients of others, unmodified, that are told where to send and which key to send with (<c>docs/clients.md</c>).
/// Their packages are those of <c>node</c> and <c>node24</c>.
/// </summary>
public partial class RealClientsTests(WholeSystem system)
{
    /// <summary>dd-trace sends no key to an agent, and keeps only host and port of its address.</summary>
    [Theory]
    [InlineData("0.4")]
    [InlineData("0.5")]
    public async Task ATracerThatTakesTheGatewayForItsAgent(string version)
    {
        var tenant = await system.ConnectAsync("dd-trace");
        var mark = $"GET /{version}";

        await RunAsync(
            "dd-trace.cjs",
            tenant,
            mark,
            ("DD_TRACE_AGENT_URL", $"http://{tenant.Key.Key}.agent.localhost:{system.Gateway.Port}"),
            ("DD_TRACE_AGENT_PROTOCOL_VERSION", version)
        );

        await AssertTraceAsync(tenant, mark);
    }

    [Fact]
    public async Task DatadogsOwnClientForTypeScript()
    {
        var tenant = await system.ConnectAsync("api-client");

        var said = await RunAsync("api-client.cjs", tenant, "client.mark");

        Assert.Equal("""{"valid":true,"keys":{"status":"ok"}}""", said);
        var series = Assert.Single(await ArrivedAsync(tenant, "metrics", 1));
        Assert.Equal(("client.mark", """["a:b"]"""), (Text(series, "metric"), series["tags"]!.ToJsonString()));
        Assert.Equal(0.5, series["points"]![0]!["value"]!.GetValue<double>());
        var log = Assert.Single(await ArrivedAsync(tenant, "logs", 1));
        Assert.Equal(
            ("client.mark", "node", "shop"),
            (Text(log, "message"), Text(log, "ddsource"), Text(log, "service"))
        );
        var event1 = Assert.Single(await ArrivedAsync(tenant, "events", 1));
        Assert.Equal(("client.mark", "text"), (Text(event1, "title"), Text(event1, "text")));
        var check = Assert.Single(await ArrivedAsync(tenant, "service_checks", 1));
        Assert.Equal(
            ("client.mark", "h", 0),
            (Text(check, "check"), Text(check, "host_name"), check["status"]!.GetValue<int>())
        );
    }

    /// <summary>OpenTelemetry's SDK for JavaScript, all three signals, in JSON, in protobuf and by gRPC.</summary>
    [Theory]
    [InlineData("http")]
    [InlineData("proto")]
    [InlineData("grpc")]
    [InlineData("grpc", "gzip")]
    public async Task AnOpenTelemetrySdk(string encoding, string compression = "none")
    {
        var tenant = await system.ConnectAsync("otel");
        var mark = $"otel.{encoding}";

        await RunAsync(
            "otlp.cjs",
            tenant,
            mark,
            ("GATEWAY", $"{(encoding == "grpc" ? system.GatewayGrpc : system.Gateway)}"),
            ("ENCODING", encoding),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", compression)
        );

        await AssertSpanAsync(tenant, mark);
        await AssertLogAsync(tenant, mark, "ERROR");
        await AssertMetricsAsync(tenant, mark);
    }

    /// <summary>What <c>dd-trace.cjs</c> makes: a span and one below it.</summary>
    private async Task AssertTraceAsync(ConnectedTenant tenant, string mark)
    {
        var spans = await ArrivedAsync(tenant, "traces", 2);
        var (root, child) = (
            spans.Single(s => Text(s, "service") == "shop"),
            spans.Single(s => Text(s, "service") == "shop-db")
        );
        Assert.Equal(("web.request", mark, ""), (Text(root, "name"), Text(root, "resource"), Text(root, "parent_id")));
        Assert.Equal(("db.query", "SELECT"), (Text(child, "name"), Text(child, "resource")));
        Assert.Equal(
            (Text(root, "span_id"), Text(root, "trace_id")),
            (Text(child, "parent_id"), Text(child, "trace_id"))
        );
    }

    private async Task AssertLogAsync(ConnectedTenant tenant, string mark, string status)
    {
        var log = Assert.Single(await ArrivedAsync(tenant, "logs", 1));
        Assert.Equal(
            (mark, status, "shop", "h", 7),
            (
                Text(log, "message"),
                Text(log, "status"),
                Text(log, "service"),
                Text(log, "hostname"),
                log["order"]!.GetValue<int>()
            )
        );
    }

    private async Task AssertSpanAsync(ConnectedTenant tenant, string mark)
    {
        var span = Assert.Single(await ArrivedAsync(tenant, "traces", 1));
        Assert.Equal(
            (mark, mark, "shop", "", 32, 16),
            (
                Text(span, "name"),
                Text(span, "resource"),
                Text(span, "service"),
                Text(span, "parent_id"),
                Text(span, "trace_id")!.Length,
                Text(span, "span_id")!.Length
            )
        );
        Assert.True(span["duration"]!.GetValue<long>() > 0);
    }

    private async Task AssertMetricsAsync(ConnectedTenant tenant, string mark)
    {
        var series = (await ArrivedAsync(tenant, "metrics", 3)).ToDictionary(item => Text(item, "metric")!);
        var count = series[$"{mark}.count"];
        Assert.Equal((1, 3), (count["type"]!.GetValue<int>(), count["points"]![0]!["value"]!.GetValue<double>()));
        Assert.Superset(
            new HashSet<string>(["color:red", "service:shop", "env:test"]),
            count["tags"]!.AsArray().Select(tag => tag!.GetValue<string>()).ToHashSet()
        );
        Assert.Equal(0.5, series[$"{mark}.gauge"]["points"]![0]!["value"]!.GetValue<double>());
        var values = series[$"{mark}.histogram"]["points"]![0]![1]!
            .AsArray()
            .Select(v => v!.GetValue<double>())
            .ToList();
        Assert.Equal((4, 46), (values.Count, Math.Round(values.Sum(), 6)));
    }

    private Task<string> RunAsync(
        string script,
        ConnectedTenant tenant,
        string mark,
        params (string Name, string Value)[] more
    ) => RunAsync(NodeClients.Default, script, tenant, mark, more);

    private Task<string> RunAsync(
        NodeClients clients,
        string script,
        ConnectedTenant tenant,
        string mark,
        params (string Name, string Value)[] more
    )
    {
        Dictionary<string, string> environment = new()
        {
            ["GATEWAY"] = $"{system.Gateway}",
            ["KEY"] = tenant.Key.Key,
            ["MARK"] = mark,
        };
        foreach (var (name, value) in more)
        {
            environment[name] = value;
        }

        return clients.RunAsync(script, environment);
    }

    private async Task<IReadOnlyList<JsonNode>> ArrivedAsync(ConnectedTenant tenant, string type, int count)
    {
        var items = await Until.AnsweredAsync(
            () => system.Sandbox.ItemsAsync(tenant.Org.Id, type),
            items => items.Count >= count
        );
        Assert.Equal(count, items.Count);
        return [.. items.Select(item => JsonNode.Parse(item)!)];
    }

    private static string? Text(JsonNode item, string member) => item[member]?.GetValue<string>();
}
