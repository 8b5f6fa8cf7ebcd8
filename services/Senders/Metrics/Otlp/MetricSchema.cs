namespace Partner.Metrics.Otlp;

/// <summary>The messages of OTLP metrics (metrics/v1), and how many of a request are taken.</summary>
internal static class MetricSchema
{
    /// <summary>Data points of a request, metrics, and resources and scopes; bounds of ours: 5 MiB hold fewer points.</summary>
    private const int MaxPoints = 100_000,
        MaxMetrics = 100_000,
        MaxContainers = 20_000;

    private static readonly string[] Temporalities =
    [
        "AGGREGATION_TEMPORALITY_UNSPECIFIED",
        "AGGREGATION_TEMPORALITY_DELTA",
        "AGGREGATION_TEMPORALITY_CUMULATIVE",
    ];

    private static readonly MessageSchema Exemplar = new()
    {
        ["timeUnixNano"] = new(2, FieldKind.Fixed64),
        ["asDouble"] = new(3, FieldKind.Double),
        ["spanId"] = new(4, FieldKind.Hex),
        ["traceId"] = new(5, FieldKind.Hex),
        ["asInt"] = new(6, FieldKind.SignedFixed64),
        ["filteredAttributes"] = new(7, FieldKind.Message, () => OtlpSchema.KeyValue),
    };

    public static readonly MessageSchema NumberPoint = new()
    {
        ["startTimeUnixNano"] = new(PointFields.Start, FieldKind.Fixed64),
        ["timeUnixNano"] = new(PointFields.Time, FieldKind.Fixed64),
        ["asDouble"] = new(PointFields.Number.Double, FieldKind.Double),
        ["exemplars"] = new(PointFields.Number.Exemplars, FieldKind.Message, () => Exemplar),
        ["asInt"] = new(PointFields.Number.Int, FieldKind.SignedFixed64),
        ["attributes"] = new(PointFields.Number.Attributes, FieldKind.Message, () => OtlpSchema.KeyValue),
        ["flags"] = new(PointFields.Number.Flags, FieldKind.Number),
    };

    public static readonly MessageSchema HistogramPoint = new()
    {
        ["startTimeUnixNano"] = new(PointFields.Start, FieldKind.Fixed64),
        ["timeUnixNano"] = new(PointFields.Time, FieldKind.Fixed64),
        ["count"] = new(PointFields.Histogram.Count, FieldKind.Fixed64),
        ["sum"] = new(PointFields.Histogram.Sum, FieldKind.Double),
        ["bucketCounts"] = new(PointFields.Histogram.Counts, FieldKind.Fixed64) { IsPacked = true },
        ["explicitBounds"] = new(PointFields.Histogram.Bounds, FieldKind.Double) { IsPacked = true },
        ["exemplars"] = new(PointFields.Histogram.Exemplars, FieldKind.Message, () => Exemplar),
        ["attributes"] = new(PointFields.Histogram.Attributes, FieldKind.Message, () => OtlpSchema.KeyValue),
        ["flags"] = new(PointFields.Histogram.Flags, FieldKind.Number),
        ["min"] = new(PointFields.Histogram.Min, FieldKind.Double),
        ["max"] = new(PointFields.Histogram.Max, FieldKind.Double),
    };

    private static readonly MessageSchema Buckets = new()
    {
        ["offset"] = new(PointFields.Buckets.Offset, FieldKind.ZigZag),
        ["bucketCounts"] = new(PointFields.Buckets.Counts, FieldKind.Unsigned) { IsPacked = true },
    };

    public static readonly MessageSchema ExponentialPoint = new()
    {
        ["attributes"] = new(PointFields.Exponential.Attributes, FieldKind.Message, () => OtlpSchema.KeyValue),
        ["startTimeUnixNano"] = new(PointFields.Start, FieldKind.Fixed64),
        ["timeUnixNano"] = new(PointFields.Time, FieldKind.Fixed64),
        ["count"] = new(PointFields.Exponential.Count, FieldKind.Fixed64),
        ["sum"] = new(PointFields.Exponential.Sum, FieldKind.Double),
        ["scale"] = new(PointFields.Exponential.Scale, FieldKind.ZigZag),
        ["zeroCount"] = new(PointFields.Exponential.ZeroCount, FieldKind.Fixed64),
        ["positive"] = new(PointFields.Exponential.Positive, FieldKind.Message, () => Buckets),
        ["negative"] = new(PointFields.Exponential.Negative, FieldKind.Message, () => Buckets),
        ["flags"] = new(PointFields.Exponential.Flags, FieldKind.Number),
        ["exemplars"] = new(PointFields.Exponential.Exemplars, FieldKind.Message, () => Exemplar),
        ["min"] = new(PointFields.Exponential.Min, FieldKind.Double),
        ["max"] = new(PointFields.Exponential.Max, FieldKind.Double),
        ["zeroThreshold"] = new(14, FieldKind.Double),
    };

    private static readonly MessageSchema Quantile = new()
    {
        ["quantile"] = new(PointFields.Quantile.At, FieldKind.Double),
        ["value"] = new(PointFields.Quantile.Value, FieldKind.Double),
    };

    public static readonly MessageSchema SummaryPoint = new()
    {
        ["startTimeUnixNano"] = new(PointFields.Start, FieldKind.Fixed64),
        ["timeUnixNano"] = new(PointFields.Time, FieldKind.Fixed64),
        ["count"] = new(PointFields.Summary.Count, FieldKind.Fixed64),
        ["sum"] = new(PointFields.Summary.Sum, FieldKind.Double),
        ["quantileValues"] = new(PointFields.Summary.Quantiles, FieldKind.Message, () => Quantile),
        ["attributes"] = new(PointFields.Summary.Attributes, FieldKind.Message, () => OtlpSchema.KeyValue),
        ["flags"] = new(PointFields.Summary.Flags, FieldKind.Number),
    };

    public static readonly MessageSchema Metric = new()
    {
        ["name"] = new(MetricFields.Name, FieldKind.Text),
        ["description"] = new(2, FieldKind.Text),
        ["unit"] = new(MetricFields.Unit, FieldKind.Text),
        ["gauge"] = new(MetricFields.Gauge, FieldKind.Message, () => DataOf(NumberPoint)),
        ["sum"] = new(MetricFields.Sum, FieldKind.Message, () => DataOf(NumberPoint)),
        ["histogram"] = new(MetricFields.Histogram, FieldKind.Message, () => DataOf(HistogramPoint)),
        ["exponentialHistogram"] = new(MetricFields.Exponential, FieldKind.Message, () => DataOf(ExponentialPoint)),
        ["summary"] = new(MetricFields.Summary, FieldKind.Message, () => DataOf(SummaryPoint)),
    };

    private static readonly Dictionary<MessageSchema, MessageSchema> Data = new[]
    {
        NumberPoint,
        HistogramPoint,
        ExponentialPoint,
        SummaryPoint,
    }.ToDictionary(
        point => point,
        point => new MessageSchema
        {
            ["dataPoints"] = new(MetricFields.Points, FieldKind.Message, () => point),
            ["aggregationTemporality"] = new(MetricFields.Temporality, FieldKind.Number) { Names = Temporalities },
            ["isMonotonic"] = new(MetricFields.IsMonotonic, FieldKind.Bool),
        }
    );

    private static readonly MessageSchema ScopeMetrics = new()
    {
        ["scope"] = new(OtlpFields.Scope.Itself, FieldKind.Message, () => OtlpSchema.Scope),
        ["metrics"] = new(OtlpFields.Scope.Items, FieldKind.Message, () => Metric),
        ["schemaUrl"] = new(3, FieldKind.Text),
    };

    private static readonly MessageSchema ResourceMetrics = new()
    {
        ["resource"] = new(OtlpFields.Resource.Itself, FieldKind.Message, () => OtlpSchema.Resource),
        ["scopeMetrics"] = new(OtlpFields.Resource.Scopes, FieldKind.Message, () => ScopeMetrics),
        ["schemaUrl"] = new(3, FieldKind.Text),
    };

    public static readonly RequestSchema Request = new(
        new() { ["resourceMetrics"] = new(OtlpFields.Resources, FieldKind.Message, () => ResourceMetrics) },
        new("data points", MaxPoints, NumberPoint, HistogramPoint, ExponentialPoint, SummaryPoint) { IsItem = true },
        new("metrics", MaxMetrics, Metric) { IsItem = true },
        new("resources and scopes", MaxContainers, ScopeMetrics, ResourceMetrics)
    );

    /// <summary>Gauge, Sum, and so on: they number their fields alike.</summary>
    public static MessageSchema DataOf(MessageSchema point) => Data[point];
}
