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

/// <summary>OpenTelemetry's SDK for .NET, with its own client of gRPC.</summary>
public partial class RealClientsTests
{
    private static readonly ResourceBuilder Shop = ResourceBuilder
        .CreateEmpty()
        .AddService("shop", autoGenerateServiceInstanceId: false)
        .AddAttributes([new("deployment.environment.name", "test"), new("host.name", "h")]);

    [Fact]
    public async Task AnOpenTelemetrySdkForDotNetByGrpc()
    {
        var tenant = await system.ConnectAsync("otel-dotnet");
        const string Mark = "otel.dotnet";

        Trace(tenant, Mark);
        Log(tenant, Mark);
        Measure(tenant, Mark);

        await AssertSpanAsync(tenant, Mark);
        await AssertLogAsync(tenant, Mark, "Error");
        await AssertMetricsAsync(tenant, Mark);
    }

    private void Trace(ConnectedTenant tenant, string mark)
    {
        using var source = new ActivitySource(mark);
        using var provider = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(Shop)
            .AddSource(mark)
            .AddOtlpExporter(exporter => SendByGrpc(exporter, tenant))
            .Build();
        using (var span = source.StartActivity(mark, ActivityKind.Internal))
        {
            span!.SetTag("http.request.method", "GET").AddEvent(new("e", tags: new() { ["n"] = 1 }));
        }

        Assert.True(provider.ForceFlush());
    }

    private void Log(ConnectedTenant tenant, string mark)
    {
        using var factory = LoggerFactory.Create(logging =>
            logging.AddOpenTelemetry(options =>
                options.SetResourceBuilder(Shop).AddOtlpExporter(exporter => SendByGrpc(exporter, tenant))
            )
        );
        factory
            .CreateLogger("l")
            .Log(LogLevel.Error, default, new Dictionary<string, object?> { ["order"] = 7 }, null, (_, _) => mark);
    }

    private void Measure(ConnectedTenant tenant, string mark)
    {
        using var meter = new Meter(mark);
        using var provider = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(Shop)
            .AddMeter(mark)
            .AddOtlpExporter(
                (exporter, reader) =>
                {
                    SendByGrpc(exporter, tenant);
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

    private void SendByGrpc(OtlpExporterOptions exporter, ConnectedTenant tenant)
    {
        exporter.Endpoint = system.GatewayGrpc;
        exporter.Protocol = OtlpExportProtocol.Grpc;
        exporter.Headers = $"dd-api-key={tenant.Key.Key}";
    }
}
