using System.Globalization;

namespace Partner.Metrics.Otlp;

/// <summary>What Datadog's mapping makes of a data point (datadog-facts 3.9 c).</summary>
internal static class PointMapping
{
    public static List<ValueRun>? ValuesOf(PointKind kind, OtlpPoint point, out Refused? fault)
    {
        var buckets = point.Buckets(kind)!;
        var isBounded = point.Min is not { } min || point.Max is not { } max || min <= max;
        var values = BucketValues.Of(
            buckets,
            Finite(point.Sum),
            isBounded ? Finite(point.Min) : null,
            isBounded ? Finite(point.Max) : null
        );
        fault =
            values is null ? Refused.TooManyValues
            : values.TrueForAll(run => double.IsFinite(run.Value)) ? null
            : Refused.NoNumber;
        return values;

        static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
    }

    public static Refused? FaultOf(PointKind kind, OtlpPoint point) =>
        kind switch
        {
            PointKind.Histogram or PointKind.Exponential => point.Buckets(kind) is null ? Refused.Buckets : null,
            PointKind.Summary => point.Quantiles.TrueForAll(q => double.IsFinite(q.Value))
            && double.IsFinite(point.Sum ?? 0)
                ? null
                : Refused.NoNumber,
            _ => point.Value is { } value && double.IsFinite(value) ? null : Refused.NoNumber,
        };

    /// <param name="hasCounts">Count and sum say what was added; else there are only quantiles.</param>
    public static void WriteSummary(
        OtlpSeries series,
        OtlpSeriesHead head,
        OtlpPoint point,
        long seconds,
        bool hasCounts
    )
    {
        if (hasCounts)
        {
            var interval = IntervalOf(point);
            series.Write(head with { Unit = null }, ".count", OtlpSeries.Count, seconds, point.Count, interval);
            series.Separate();
            series.Write(head, ".sum", OtlpSeries.Count, seconds, point.Sum ?? 0, interval);
        }

        foreach (var (i, (at, value)) in point.Quantiles.Index())
        {
            if (hasCounts || i > 0)
            {
                series.Separate();
            }

            series.Write(head, ".quantile", OtlpSeries.Gauge, seconds, value, tag: $"quantile:{QuantileText(at)}");
        }
    }

    // As Datadog's mapping writes it: 0, 0.5, 1.0.
    private static string QuantileText(double at) =>
        at != 0 && at == Math.Floor(at)
            ? at.ToString("0.0", CultureInfo.InvariantCulture)
            : at.ToString(CultureInfo.InvariantCulture);

    // Whole seconds, give or take 0.05, as Datadog's mapping has it: else it is not known.
    public static long IntervalOf(OtlpPoint point)
    {
        if (point.Start == 0 || point.Start > point.Time)
        {
            return 0;
        }

        var seconds = (point.Time - point.Start) / 1e9;
        return Math.Abs(Math.Round(seconds) - seconds) < 0.05 ? (long)Math.Round(seconds) : 0;
    }

    public static List<string> TagsOf(ReadOnlySpan<byte> message, PointKind kind)
    {
        var tags = new List<string>();
        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            if (reader.Field == OtlpPoint.AttributesOf(kind))
            {
                var key = OtlpValue.KeyOf(reader.ReadBytes(), out var value);
                var text = OtlpValue.TextOf(value);
                tags.Add($"{key}:{(text.Length == 0 ? "n/a" : text)}");
            }
        }

        return tags;
    }
}
