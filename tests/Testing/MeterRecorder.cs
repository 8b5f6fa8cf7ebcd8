using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Partner.Testing;

/// <summary>
/// The instruments of one factory, each as a row of deploy/monitoring/metrics.csv, with the attributes that were measured.
/// </summary>
public sealed class MeterRecorder : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ServiceProvider? _own;
    private readonly ConcurrentDictionary<Instrument, ConcurrentDictionary<string, bool>> _instruments = new();

    public MeterRecorder()
        : this(new ServiceCollection().AddMetrics().BuildServiceProvider()) { }

    /// <summary>Of a running service, from now on.</summary>
    public MeterRecorder(IMeterFactory factory)
    {
        Factory = factory;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Other tests have meters of the same name.
            if (ReferenceEquals(instrument.Meter.Scope, Factory))
            {
                _instruments[instrument] = new();
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Record(instrument, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, _, tags, _) => Record(instrument, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Record(instrument, tags));
        _listener.Start();
    }

    private MeterRecorder(ServiceProvider own)
        : this(own.GetRequiredService<IMeterFactory>()) => _own = own;

    public IMeterFactory Factory { get; }

    public IReadOnlyList<MetricRow> Rows()
    {
        _listener.RecordObservableInstruments();
        return
        [
            .. _instruments
                .Select(i => new MetricRow(
                    i.Key.Name,
                    MetricRow.TypeOf(i.Key),
                    i.Key.Unit ?? "",
                    string.Join(' ', i.Value.Keys.Order(StringComparer.Ordinal))
                ))
                .OrderBy(row => row.Name, StringComparer.Ordinal),
        ];
    }

    public void Dispose()
    {
        _listener.Dispose();
        _own?.Dispose();
    }

    private void Record(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (name, _) in tags)
        {
            _instruments[instrument][name] = true;
        }
    }
}

/// <summary>A row of deploy/monitoring/metrics.csv, the list of what the services export.</summary>
/// <param name="Attributes">Their names in order, with a space between.</param>
public sealed record MetricRow(string Name, string Type, string Unit, string Attributes)
{
    /// <summary>The rows whose names begin so, in the order of their names.</summary>
    public static IReadOnlyList<MetricRow> Of(string prefix) =>
        [
            .. File.ReadLines(Repository.PathOf("deploy", "monitoring", "metrics.csv"))
                .Skip(1)
                .Select(line => line.Split(','))
                .Select(fields => new MetricRow(fields[0], fields[1], fields[2], fields[3]))
                .Where(row => row.Name.StartsWith(prefix, StringComparison.Ordinal))
                .OrderBy(row => row.Name, StringComparer.Ordinal),
        ];

    internal static string TypeOf(Instrument instrument) =>
        instrument.GetType().Name.Split('`')[0] switch
        {
            "Counter" or "ObservableCounter" => "counter",
            "UpDownCounter" or "ObservableUpDownCounter" => "updowncounter",
            "Gauge" or "ObservableGauge" => "gauge",
            "Histogram" => "histogram",
            var other => throw new ArgumentException($"{other} has no type in OpenTelemetry that is known here."),
        };
}
