namespace Partner.Metrics.Otlp;

/// <summary>Field numbers of a Metric, and of its Gauge, Sum, Histogram, ExponentialHistogram or Summary.</summary>
internal static class MetricFields
{
    public const int Name = 1,
        Unit = 3,
        Gauge = 5,
        Sum = 7,
        Histogram = 9,
        Exponential = 10,
        Summary = 11;

    /// <summary>Of its data.</summary>
    public const int Points = 1,
        Temporality = 2,
        IsMonotonic = 3;

    /// <summary>AggregationTemporality.</summary>
    public const ulong Delta = 1,
        Cumulative = 2;
}

/// <summary>Field numbers of data points.</summary>
internal static class PointFields
{
    /// <summary>Of all of them.</summary>
    public const int Start = 2,
        Time = 3;

    public static class Number
    {
        public const int Double = 4,
            Exemplars = 5,
            Int = 6,
            Attributes = 7,
            Flags = 8;
    }

    public static class Histogram
    {
        public const int Count = 4,
            Sum = 5,
            Counts = 6,
            Bounds = 7,
            Exemplars = 8,
            Attributes = 9,
            Flags = 10,
            Min = 11,
            Max = 12;
    }

    public static class Exponential
    {
        public const int Attributes = 1,
            Count = 4,
            Sum = 5,
            Scale = 6,
            ZeroCount = 7,
            Positive = 8,
            Negative = 9,
            Flags = 10,
            Exemplars = 11,
            Min = 12,
            Max = 13;
    }

    public static class Buckets
    {
        public const int Offset = 1,
            Counts = 2;
    }

    public static class Summary
    {
        public const int Count = 4,
            Sum = 5,
            Quantiles = 6,
            Attributes = 7,
            Flags = 8;
    }

    public static class Quantile
    {
        public const int At = 1,
            Value = 2;
    }
}
