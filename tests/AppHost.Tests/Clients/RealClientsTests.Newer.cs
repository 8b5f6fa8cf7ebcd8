using Partner.Demo;

namespace Partner.AppHost.Tests.Clients;

/// <summary>New majors, which want a newer Node.</summary>
public partial class RealClientsTests
{
    [Fact]
    public async Task DdTrace6ThatTakesTheGatewayForItsAgent()
    {
        var tenant = await system.ConnectAsync("dd-trace-6");
        const string Mark = "GET /6";

        await RunNewerAsync(
            "dd-trace.cjs",
            tenant,
            Mark,
            ("DD_TRACE_AGENT_URL", $"http://{tenant.Key.Key}.agent.localhost:{system.Gateway.Port}")
        );

        await AssertTraceAsync(tenant, Mark);
    }

    [Fact]
    public async Task DdTrace6ByOtlp()
    {
        var tenant = await system.ConnectAsync("dd-trace-6-otlp");
        const string Mark = "GET /6/otlp";

        await RunNewerAsync(
            "dd-trace.cjs",
            tenant,
            Mark,
            ("OTEL_TRACES_EXPORTER", "otlp"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", $"{system.Gateway}v1/traces"),
            ("OTEL_EXPORTER_OTLP_HEADERS", $"dd-api-key={tenant.Key.Key}")
        );

        await AssertTraceAsync(tenant, Mark);
    }

    /// <summary>OpenTelemetry's SDK for JavaScript, 3.x with its exporters 0.301.</summary>
    [Theory]
    [InlineData("http")]
    [InlineData("proto")]
    [InlineData("grpc")]
    public async Task OpenTelemetrySdk3(string encoding)
    {
        var tenant = await system.ConnectAsync("otel-3");
        var mark = $"otel3.{encoding}";

        await RunNewerAsync(
            "otlp.cjs",
            tenant,
            mark,
            ("GATEWAY", $"{(encoding == "grpc" ? system.GatewayGrpc : system.Gateway)}"),
            ("ENCODING", encoding)
        );

        await AssertSpanAsync(tenant, mark);
        await AssertLogAsync(tenant, mark, "ERROR");
        await AssertMetricsAsync(tenant, mark);
    }

    private Task<string> RunNewerAsync(
        string script,
        ConnectedTenant tenant,
        string mark,
        params (string Name, string Value)[] more
    ) => RunAsync(NodeClients.Newer, script, tenant, mark, more);
}
