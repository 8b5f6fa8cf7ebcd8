using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Partner.Gateway.Keys;
using Partner.Testing;

namespace Partner.Gateway.Tests;

public sealed class MetricsTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    [Fact]
    public async Task RequestsAreCountedByRouteAndOutcome()
    {
        var counted = new List<(object? Route, object? Outcome)>();
        var gauges = new Dictionary<string, double>();
        var factory = host.Services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (
                    instrument.Meter.Name == GatewayMetrics.MeterName
                    && ReferenceEquals(instrument.Meter.Scope, factory)
                )
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(
            (_, _, tags, _) =>
            {
                lock (counted)
                {
                    counted.Add((tags[0].Value, tags[1].Value));
                }
            }
        );
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => gauges[instrument.Name] = value);
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => gauges[instrument.Name] = value);
        listener.Start();
        var (key, _) = await host.NewKeyAsync();

        await host.PostLogsAsync(key);
        await host.PostLogsAsync(null);
        await host.SendAsync(HttpMethod.Get, "/nowhere");
        await host.SendAsync(HttpMethod.Get, "/health");
        host.Time.Advance(TimeSpan.FromSeconds(1));

        // The last line of a request's pipeline may come after its answer.
        await Until.TrueAsync(() =>
        {
            lock (counted)
            {
                return counted.Count == 3;
            }
        });
        Assert.Equal(
            [("/api/v2/logs", "accepted"), ("/api/v2/logs", "refused"), ("/{**path}", "refused")],
            counted.Select(c => (c.Route as string ?? "", c.Outcome as string ?? "")).Order()
        );
        listener.RecordObservableInstruments();
        Assert.Equal(
            new Dictionary<string, double>
            {
                ["partner.gateway.key_table.size"] = 1,
                ["partner.gateway.key_table.age"] = 1,
            },
            gauges
        );
    }

    [Fact]
    public void TheListOfMetricsHasThemAll()
    {
        using var recorder = new MeterRecorder();
        var table = new KeyTable(Options.Create(new KeyTableOptions()), TimeProvider.System);
        var metrics = new GatewayMetrics(recorder.Factory, table);
        metrics.Answered("/api/v2/logs", 202);
        metrics.Unavailable(default);
        metrics.Failed("logs", "500");

        Assert.Equal(MetricRow.Of("partner.gateway."), recorder.Rows());
    }

    /// <summary>What .NET measures by itself, as far as alerts are written by it.</summary>
    [Fact]
    public async Task TheListOfMetricsHasTheServersDurationAsItIsMeasured()
    {
        using var recorder = new MeterRecorder(host.Services.GetRequiredService<IMeterFactory>());
        await host.SendAsync(HttpMethod.Get, "/api/v1/validate");
        await host.PostLogsAsync(null);

        var expected = Assert.Single(MetricRow.Of("http.server.request.duration"));
        var measured = recorder.Rows().Single(row => row.Name == expected.Name);
        Assert.Equal((expected.Type, expected.Unit), (measured.Type, measured.Unit));
        Assert.Empty(measured.Attributes.Split(' ').Except(expected.Attributes.Split(' ')));
        Assert.Contains("http.response.status_code", measured.Attributes, StringComparison.Ordinal);
    }
}
