using System.Diagnostics.Metrics;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Partner.Metrics.Tests;

/// <summary>What a real client sends: OpenTelemetry's own SDK and exporter.</summary>
public sealed partial class MetricsContractTests
{
    [Fact]
    public async Task WhatOpenTelemetrysSdkMeasuresArrives()
    {
        using var meter = new Meter("shop");
        using var relay = new SdkRelay(this);
        using (
            var provider = Sdk.CreateMeterProviderBuilder()
                .ConfigureResource(resource =>
                    resource.Clear().AddService("shop", serviceVersion: "1.2", autoGenerateServiceInstanceId: false)
                )
                .AddMeter("shop")
                .AddView("exponential", new Base2ExponentialBucketHistogramConfiguration())
                .AddOtlpExporter(
                    (exporter, reader) =>
                    {
                        exporter.Endpoint = new Uri("http://sender.test/v1/metrics");
                        exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                        exporter.HttpClientFactory = () => new HttpClient(relay, disposeHandler: false);
                        reader.TemporalityPreference = MetricReaderTemporalityPreference.Delta;
                    }
                )
                .Build()
        )
        {
            var count = meter.CreateCounter<long>("orders", "{request}");
            var (explicitly, exponentially) = (
                meter.CreateHistogram<double>("explicit", "ms"),
                meter.CreateHistogram<double>("exponential")
            );
            meter.CreateObservableGauge("level", () => 0.5);
            count.Add(3, new KeyValuePair<string, object?>("kind", "book"));
            foreach (var value in new[] { 1.0, 20, 300 })
            {
                explicitly.Record(value);
                exponentially.Record(value);
            }

            provider.ForceFlush();
        }

        Assert.All(relay.Answers, answer => Assert.Equal((202, 0), (answer.Status, answer.Body.Length)));
        await WaitUntilSettledAsync();
        var arrived = string.Join('\n', Intake.Taken.Select(r => Encoding.UTF8.GetString(r.Body)));
        Assert.Contains("\"metric\":\"orders\",\"type\":1,", arrived, StringComparison.Ordinal);
        Assert.Contains("\"value\":3}],", arrived, StringComparison.Ordinal);
        Assert.Contains(
            "\"unit\":\"request\",\"tags\":[\"service:shop\",\"version:1.2\",\"kind:book\"]",
            arrived,
            StringComparison.Ordinal
        );
        Assert.Contains("\"metric\":\"level\",\"type\":3,", arrived, StringComparison.Ordinal);
        var distributions = Intake
            .Taken.Where(r => r.PathAndQuery == Distributions)
            .SelectMany(r => System.Text.Json.Nodes.JsonNode.Parse(r.Body)!["series"]!.AsArray())
            .ToDictionary(
                series => series!["metric"]!.GetValue<string>(),
                series => series!["points"]![0]![1]!.AsArray().Select(value => value!.GetValue<double>()).ToArray()
            );
        foreach (var name in new[] { "explicit", "exponential" })
        {
            Assert.Equal(
                (3, 1.0, 300.0),
                (distributions[name].Length, distributions[name].Min(), distributions[name].Max())
            );
            Assert.InRange(distributions[name].Sum(), 320.999, 321.001);
        }
    }
}
