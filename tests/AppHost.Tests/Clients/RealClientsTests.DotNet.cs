using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Partner.Demo;

namespace Partner.AppHost.Tests.Clients;

/// <summary>OpenTelemetry's SDK for .NET.</summary>
public partial class RealClientsTests
{
    private static readonly ResourceBuilder Shop = ResourceBuilder
        .CreateEmpty()
        .AddService("shop", autoGenerateServiceInstanceId: false)
        .AddAttributes([new("deployment.environment.name", "test"), new("host.name", "h")]);

    [Theory]
    [InlineData(OtlpExportProtocol.Grpc)]
    [InlineData(OtlpExportProtocol.HttpProtobuf)]
    public async Task AnOpenTelemetrySdkForDotNet(OtlpExportProtocol protocol)
    {
        var tenant = await system.ConnectAsync("otel-dotnet");
        var mark = $"otel.dotnet.{protocol}";

        Trace(tenant, mark, protocol);
        Log(tenant, mark, protocol);
        Measure(tenant, mark, protocol);

        await AssertSpanAsync(tenant, mark);
        await AssertLogAsync(tenant, mark, "Error");
        await AssertMetricsAsync(tenant, mark);
    }

    private void Trace(ConnectedTenant tenant, string mark, OtlpExportProtocol protocol)
    {
        using var source = new ActivitySource(mark);
        using var provider = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(Shop)
            .AddSource(mark)
            .AddOtlpExporter(exporter => Send(exporter, tenant, protocol, "traces"))
            .Build();
        using (var span = source.StartActivity(mark, ActivityKind.Internal))
        {
            span!.SetTag("http.request.method", "GET").AddEvent(new("e", tags: new() { ["n"] = 1 }));
        }

        Assert.True(provider.ForceFlush());
    }

    private void Log(ConnectedTenant tenant, string mark, OtlpExportProtocol protocol)
    {
        using var factory = LoggerFactory.Create(logging =>
            logging.AddOpenTelemetry(options =>
                options.SetResourceBuilder(Shop).AddOtlpExporter(exporter => Send(exporter, tenant, protocol, "logs"))
            )
        );
        factory
            .CreateLogger("l")
            .Log(LogLevel.Error, default, new Dictionary<string, object?> { ["order"] = 7 }, null, (_, _) => mark);
    }

    private void Measure(ConnectedTenant tenant, string mark, OtlpExportProtocol protocol)
    {
        using var meter = new Meter(mark);
        using var provider = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(Shop)
            .AddMeter(mark)
            .AddOtlpExporter(
                (exporter, reader) =>
                {
                    Send(exporter, tenant, protocol, "metrics");
                    reader.TemporalityPreference = MetricReaderTemporalityPreference.Delta;
                }
            )
            .Build();
        meter.CreateCounter<long>($"{mark}.count").Add(3, new KeyValuePair<string, object?>("color", "red"));
        meter.CreateObservableGauge($"{mark}.gauge", () => 0.5);
        var histogram = meter.CreateHistogram<double>($"{mark}.histogram");
        foreach (var value in new[] { 1.0, 2, 3, 40 })
        {
            histogram.Record(value);
        }

        // A flush, and then the end, would be two points of the gauge.
        Assert.True(provider.Shutdown());
    }

    private void Send(OtlpExporterOptions exporter, ConnectedTenant tenant, OtlpExportProtocol protocol, string signal)
    {
        exporter.Endpoint =
            protocol == OtlpExportProtocol.Grpc ? system.GatewayGrpc : new Uri(system.Gateway, $"v1/{signal}");
        exporter.Protocol = protocol;
        exporter.Headers = $"dd-api-key={tenant.Key.Key}";
    }
}
