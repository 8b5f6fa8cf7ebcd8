namespace Partner.AppHost.Tests.Clients;

/// <summary>Clients that are told nothing but an agent at localhost, where the relay is (<c>services/Relay</c>).</summary>
public partial class RealClientsTests
{
    // What the scripts have for a key: the relay's own goes on, whatever a client says.
    private static readonly string AnotherKey = new('0', 32);

    [Theory]
    [InlineData("0.4")]
    [InlineData("0.5")]
    public async Task ATracerThatTakesTheRelayForItsAgent(string version)
    {
        var tenant = await system.ConnectAsync("relay-traces");
        await using var relay = await RelayProgram.StartAsync(system, tenant);
        var mark = $"GET /relay/{version}";

        await RunAsync(
            "dd-trace.cjs",
            tenant,
            mark,
            ("KEY", AnotherKey),
            ("DD_TRACE_AGENT_URL", relay.Url),
            ("DD_TRACE_AGENT_PROTOCOL_VERSION", version)
        );

        await AssertTraceAsync(tenant, mark);
        await AssertQuietAsync(relay, tenant);
    }

    [Fact]
    public async Task ATracersMetricsThroughTheRelay()
    {
        var tenant = await system.ConnectAsync("relay-dogstatsd");
        await using var relay = await RelayProgram.StartAsync(system, tenant);
        const string Mark = "relay.mark";

        await RunAsync(
            "dogstatsd.cjs",
            tenant,
            Mark,
            ("KEY", AnotherKey),
            ("DD_TRACE_AGENT_URL", relay.Url),
            ("DD_RUNTIME_METRICS_FLUSH_INTERVAL", "1000")
        );

        await AssertMetricsOfATracerAsync(tenant, Mark);
        await AssertQuietAsync(relay, tenant);
    }

    [Theory]
    [InlineData("proto")]
    [InlineData("grpc")]
    [InlineData("grpc", "gzip")]
    public async Task AnOpenTelemetrySdkThroughTheRelay(string encoding, string compression = "none")
    {
        var tenant = await system.ConnectAsync("relay-otel");
        await using var relay = await RelayProgram.StartAsync(system, tenant);
        var mark = $"relay.{encoding}";

        await RunAsync(
            "otlp.cjs",
            tenant,
            mark,
            ("KEY", AnotherKey),
            ("GATEWAY", encoding == "grpc" ? relay.GrpcUrl : $"{relay.Url}/"),
            ("ENCODING", encoding),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", compression)
        );

        await AssertSpanAsync(tenant, mark);
        await AssertLogAsync(tenant, mark, "ERROR");
        await AssertMetricsAsync(tenant, mark);
        await AssertQuietAsync(relay, tenant);
    }

    /// <summary>Nothing was away or refused, and the log has no key.</summary>
    private static async Task AssertQuietAsync(RelayProgram relay, Demo.ConnectedTenant tenant)
    {
        Assert.Equal(0, await relay.StopAsync());
        Assert.DoesNotContain("warn:", relay.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(tenant.Key.Key, relay.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(AnotherKey, relay.Output, StringComparison.Ordinal);
    }
}
