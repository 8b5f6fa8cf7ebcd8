using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Partner.Metrics.Otlp;

/// <summary>What the series of a data point have in common.</summary>
internal sealed record OtlpSeriesHead(string Metric, string? Unit, OtlpResource Resource, IReadOnlyList<string> Tags);

/// <summary>Writes series as v2 and distributions have them.</summary>
internal sealed class OtlpSeries(ArrayBufferWriter<byte> output)
{
    /// <summary>Types of v2 (datadog-facts 3.2).</summary>
    public const int Count = 1,
        Gauge = 3;

    private const string UnreadMember = "otel.unread";

    private readonly Utf8JsonWriter _json = new(output);

    public int Written => output.WrittenCount;

    /// <param name="seconds">Of the point; Unix.</param>
    /// <param name="interval">Seconds that a count counts; 0: not known.</param>
    public void Write(
        OtlpSeriesHead head,
        string suffix,
        int type,
        long seconds,
        double value,
        long interval = 0,
        string? tag = null
    )
    {
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("metric"u8, head.Metric + suffix);
        _json.WriteNumber("type"u8, type);
        _json.WriteStartArray("points"u8);
        _json.WriteStartObject();
        _json.WriteNumber("timestamp"u8, seconds);
        _json.WriteNumber("value"u8, value);
        _json.WriteEndObject();
        _json.WriteEndArray();
        if (interval > 0)
        {
            _json.WriteNumber("interval"u8, interval);
        }

        if (head.Unit is { } unit)
        {
            _json.WriteString("unit"u8, unit);
        }

        if (head.Resource.Host is { } host)
        {
            _json.WriteStartArray("resources"u8);
            _json.WriteStartObject();
            _json.WriteString("name"u8, host);
            _json.WriteString("type"u8, "host"u8);
            _json.WriteEndObject();
            _json.WriteEndArray();
        }

        WriteTags(head, tag);
        End();
    }

    /// <summary>Several series of one point are one item: they are taken or given up together.</summary>
    public void Separate() => output.Write(","u8);

    public void WriteDistribution(OtlpSeriesHead head, long seconds, IReadOnlyList<ValueRun> values)
    {
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("metric"u8, head.Metric);
        _json.WriteStartArray("points"u8);
        _json.WriteStartArray();
        _json.WriteNumberValue(seconds);
        _json.WriteStartArray();
        Span<byte> number = stackalloc byte[32];
        foreach (var run in values)
        {
            // Nine digits: the last of seventeen would say what nobody has measured.
            run.Value.TryFormat(number, out var length, "G9", CultureInfo.InvariantCulture);
            for (var i = 0; i < run.Count; i++)
            {
                _json.WriteRawValue(number[..length], skipInputValidation: true);
            }
        }

        _json.WriteEndArray();
        _json.WriteEndArray();
        _json.WriteEndArray();
        if (head.Resource.Host is { } host)
        {
            _json.WriteString("host"u8, host);
        }

        WriteTags(head, null);
        End();
    }

    /// <summary>What is not taken, as it came.</summary>
    public void WriteUnread(string? metric, ReadOnlySpan<byte> message)
    {
        _json.Reset();
        _json.WriteStartObject();
        if (metric is not null)
        {
            _json.WriteString("metric"u8, metric);
        }

        _json.WriteBase64String(UnreadMember, message);
        End();
    }

    private void WriteTags(OtlpSeriesHead head, string? tag)
    {
        _json.WriteStartArray("tags"u8);
        foreach (var one in head.Resource.Tags)
        {
            _json.WriteStringValue(one);
        }

        foreach (var one in head.Tags)
        {
            _json.WriteStringValue(one);
        }

        if (tag is not null)
        {
            _json.WriteStringValue(tag);
        }

        _json.WriteEndArray();
    }

    private void End()
    {
        _json.WriteEndObject();
        _json.Flush();
    }
}
