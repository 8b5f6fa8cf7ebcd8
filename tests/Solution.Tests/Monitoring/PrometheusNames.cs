using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Partner.Solution.Tests.Monitoring;

/// <summary>
/// The rows of deploy/monitoring/metrics.csv as Prometheus sees them: the series of each with their labels, by
/// OpenTelemetry's own exporter for Prometheus, so that nothing here says how names are made.
/// </summary>
internal static partial class PrometheusNames
{
    /// <summary>A label of every series, whoever brings it: the collector or the scrape.</summary>
    private static readonly string[] OfTheTarget = ["job", "instance"];

    private static readonly Lazy<Task<IReadOnlyDictionary<string, HashSet<string>>>> Recorded = new(() =>
        ExportAsync(File.ReadAllLines(Path.Combine(Checkout.Root, "deploy/monitoring/metrics.csv")).Skip(1))
    );

    public static Task<IReadOnlyDictionary<string, HashSet<string>>> OfTheListAsync() => Recorded.Value;

    internal static async Task<IReadOnlyDictionary<string, HashSet<string>>> ExportAsync(IEnumerable<string> rows)
    {
        using var meter = new Meter("names");
        var port = FreePort();
        using var provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(meter.Name)
            .AddPrometheusHttpListener(listener =>
                // The scope would be labels of its own, which a collector leaves out unless told.
                (listener.Host, listener.Port, listener.ScopeInfoEnabled) = ("127.0.0.1", port, false)
            )
            .Build();
        foreach (var row in rows)
        {
            Measure(meter, row.Split(','));
        }

        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var page = await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"));
        return page.Split('\n')
            .Select(line => Series().Match(line))
            .Where(match => match.Success)
            .GroupBy(match => match.Groups[1].Value)
            .ToDictionary(
                series => series.Key,
                series =>
                    series
                        .SelectMany(match =>
                            Label().Matches(match.Groups[2].Value).Select(label => label.Groups[1].Value)
                        )
                        .Concat(OfTheTarget)
                        .ToHashSet()
            );
    }

    private static void Measure(Meter meter, string[] row)
    {
        var (name, type, unit) = (row[0], row[1], row[2]);
        KeyValuePair<string, object?>[] attributes =
        [
            .. row[3]
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(a => KeyValuePair.Create(a, (object?)"x")),
        ];
        switch (type)
        {
            case "counter":
                meter.CreateCounter<long>(name, unit).Add(1, attributes);
                break;
            case "gauge":
                meter.CreateGauge<long>(name, unit).Record(1, attributes);
                break;
            case "histogram":
                meter.CreateHistogram<double>(name, unit).Record(1, attributes);
                break;
            default:
                throw new InvalidDataException($"{name}: {type} is none of counter, gauge, histogram.");
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex(@"^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? ")]
    private static partial Regex Series();

    [GeneratedRegex("([a-zA-Z_][a-zA-Z0-9_]*)=\"")]
    private static partial Regex Label();
}
