using System.Text.Json;

namespace Partner.Metrics.DogStatsd;

/// <summary>What is sent of a series: v2 series and distribution points.</summary>
internal sealed class SampleItems(IntakeBody body)
{
    /// <summary>Types of v2 (datadog-facts 3.2).</summary>
    private const int Count = 1,
        Gauge = 3;

    private const string Milliseconds = "millisecond";
    private const string DevicePrefix = "device:";
    private const string ResourcePrefix = "dd.internal.resource:";

    private readonly long _now = body.Now.ToUnixTimeSeconds();

    public LineItems Series { get; } = new(body, MetricsSender.PointWindow, ","u8.ToArray());

    public LineItems Distributions { get; } = new(body, MetricsSender.PointWindow, ","u8.ToArray());

    public CountSeconds Seconds { get; } = new(body);

    /// <summary>Why no more is to be made.</summary>
    public BodyRejection? Refusal => Series.Refusal ?? Distributions.Refusal;

    public void Add(SampleSeries series)
    {
        var line = series.Line;
        switch (line.Kind)
        {
            case SampleKind.Count when line.Seconds is { } seconds:
                Write(line, "", Count, seconds, series.Sum);
                break;
            case SampleKind.Count:
                WriteCount(line, "", series.Sum);
                break;
            case SampleKind.Gauge:
                Write(line, "", Gauge, line.Seconds ?? _now, series.Last);
                break;
            case SampleKind.Set:
                Write(line, "", Gauge, _now, series.Uniques);
                break;
            case SampleKind.Distribution:
                WriteDistribution(series);
                break;
            default:
                WriteHistogram(series);
                break;
        }
    }

    // histogram_aggregates and histogram_percentiles as an Agent has them that is told nothing else.
    private void WriteHistogram(SampleSeries series)
    {
        var (line, unit) = (series.Line, series.Line.IsTime ? Milliseconds : null);
        series.Sort();
        Write(line, ".max", Gauge, _now, series.Max, unit);
        Write(line, ".median", Gauge, _now, series.Median, unit);
        Write(line, ".avg", Gauge, _now, series.Average, unit);
        WriteCount(line, ".count", series.Count);
        Write(line, ".95percentile", Gauge, _now, series.Percentile95, unit);
    }

    private void WriteCount(MetricLine line, string suffix, double value)
    {
        var point = Seconds.Take(line.Name + suffix, line.Tags, value, out var refusal);
        Series.Refuse(refusal);
        Write(line, suffix, Count, point.Seconds, point.Value);
    }

    private void Write(MetricLine line, string suffix, int type, long seconds, double value, string? unit = null)
    {
        var json = Series.Begin();
        json.WriteString("metric"u8, line.Name + suffix);
        json.WriteNumber("type"u8, type);
        json.WriteStartArray("points"u8);
        json.WriteStartObject();
        json.WriteNumber("timestamp"u8, seconds);
        json.WriteNumber("value"u8, value);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteText("unit"u8, unit);
        WriteResources(json, line.Tags);
        json.WriteTags(line.Tags.Tags.Where(tag => !IsResource(tag)));
        Series.End(ItemTime.FromSeconds(seconds));
    }

    private void WriteDistribution(SampleSeries series)
    {
        var json = Distributions.Begin();
        json.WriteString("metric"u8, series.Line.Name);
        json.WriteStartArray("points"u8);
        json.WriteStartArray();
        json.WriteNumberValue(_now);
        json.WriteStartArray();
        foreach (var (value, times) in series.Values())
        {
            for (var i = 0; i < times; i++)
            {
                json.WriteNumberValue(value);
            }
        }

        json.WriteEndArray();
        json.WriteEndArray();
        json.WriteEndArray();
        json.WriteText("host"u8, series.Line.Tags.Host);
        json.WriteTags(series.Line.Tags.Tags);
        Distributions.End(ItemTime.FromSeconds(_now));
    }

    // Of series, and not of distributions, the Agent makes resources of these tags (pkg/metrics/series.go).
    private static void WriteResources(Utf8JsonWriter json, LineTags tags)
    {
        var resources = new List<(string Type, string Name)>();
        if (tags.Host is { } host)
        {
            resources.Add(("host", host));
        }

        foreach (var tag in tags.Tags.Where(IsResource))
        {
            var text = tag.StartsWith(ResourcePrefix, StringComparison.Ordinal) ? tag[ResourcePrefix.Length..] : tag;
            if (text.Split(':', 2) is [{ Length: > 0 } type, { Length: > 0 } name])
            {
                resources.Add((type, name));
            }
        }

        if (resources.Count == 0)
        {
            return;
        }

        json.WriteStartArray("resources"u8);
        foreach (var (type, name) in resources)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, name);
            json.WriteString("type"u8, type);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static bool IsResource(string tag) =>
        tag.StartsWith(DevicePrefix, StringComparison.Ordinal)
        || tag.StartsWith(ResourcePrefix, StringComparison.Ordinal);
}
