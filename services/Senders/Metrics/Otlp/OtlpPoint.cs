namespace Partner.Metrics.Otlp;

internal enum PointKind
{
    Number,
    Histogram,
    Exponential,
    Summary,
}

/// <summary>A data point of any kind, checked before; what its kind has not stays as it is here.</summary>
internal sealed partial class OtlpPoint
{
    /// <summary>Of one sign; a bound of ours, far above what OpenTelemetry's SDKs write (160).</summary>
    public const int MaxBuckets = 10_000;

    private const ulong NoRecordedValue = 1;

    private readonly List<ulong> _counts = [];
    private readonly List<double> _bounds = [];
    private readonly List<(long Offset, List<ulong> Counts, int Sign)> _exponential = [];
    private List<Bucket>? _buckets;
    private ulong _zeroCount;
    private int _scale;

    /// <summary>Unix nanoseconds.</summary>
    public ulong Start { get; private set; }

    /// <summary>Unix nanoseconds; 0: it has none.</summary>
    public ulong Time { get; private set; }

    /// <summary>"There was something to measure, and no value" (metrics.proto): there is nothing to send.</summary>
    public bool HasNoValue { get; private set; }

    /// <summary>Some of them were not read.</summary>
    public bool HasTooManyBuckets { get; private set; }

    public double? Value { get; private set; }

    /// <summary>The value, where it came as a whole number.</summary>
    public long? Whole { get; private set; }

    public ulong Count { get; private set; }

    public double? Sum { get; private set; }

    public double? Min { get; private set; }

    public double? Max { get; private set; }

    public List<(double At, double Value)> Quantiles { get; } = [];

    public int Exemplars { get; private set; }

    public static int AttributesOf(PointKind kind) =>
        kind switch
        {
            PointKind.Histogram => PointFields.Histogram.Attributes,
            PointKind.Exponential => PointFields.Exponential.Attributes,
            PointKind.Number => PointFields.Number.Attributes,
            _ => PointFields.Summary.Attributes,
        };

    public static MessageSchema SchemaOf(PointKind kind) =>
        kind switch
        {
            PointKind.Histogram => MetricSchema.HistogramPoint,
            PointKind.Exponential => MetricSchema.ExponentialPoint,
            PointKind.Number => MetricSchema.NumberPoint,
            _ => MetricSchema.SummaryPoint,
        };

    public static OtlpPoint Read(ReadOnlySpan<byte> message, PointKind kind)
    {
        var point = new OtlpPoint();
        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            switch (kind, reader.Field)
            {
                case (_, PointFields.Start):
                    point.Start = reader.ReadFixed64();
                    break;
                case (_, PointFields.Time):
                    point.Time = reader.ReadFixed64();
                    break;
                case (PointKind.Number, PointFields.Number.Double):
                    (point.Value, point.Whole) = (ReadDouble(ref reader), null);
                    break;
                case (PointKind.Number, PointFields.Number.Int):
                    point.Whole = (long)reader.ReadFixed64();
                    point.Value = point.Whole;
                    break;
                case (not PointKind.Number, PointFields.Histogram.Count):
                    point.Count = reader.ReadFixed64();
                    break;
                case (not PointKind.Number, PointFields.Histogram.Sum):
                    point.Sum = ReadDouble(ref reader);
                    break;
                case (PointKind.Histogram, PointFields.Histogram.Counts):
                    point.ReadCounts(ref reader, point._counts);
                    break;
                case (PointKind.Histogram, PointFields.Histogram.Bounds):
                    point.ReadBounds(ref reader, point._bounds);
                    break;
                case (PointKind.Histogram, PointFields.Histogram.Min):
                case (PointKind.Exponential, PointFields.Exponential.Min):
                    point.Min = ReadDouble(ref reader);
                    break;
                case (PointKind.Histogram, PointFields.Histogram.Max):
                case (PointKind.Exponential, PointFields.Exponential.Max):
                    point.Max = ReadDouble(ref reader);
                    break;
                case (PointKind.Exponential, PointFields.Exponential.Scale):
                    point._scale = ZigZag(reader.ReadVarint());
                    break;
                case (PointKind.Exponential, PointFields.Exponential.ZeroCount):
                    point._zeroCount = reader.ReadFixed64();
                    break;
                case (PointKind.Exponential, PointFields.Exponential.Positive):
                    point.AddExponential(reader.ReadBytes(), 1);
                    break;
                case (PointKind.Exponential, PointFields.Exponential.Negative):
                    point.AddExponential(reader.ReadBytes(), -1);
                    break;
                case (PointKind.Summary, PointFields.Summary.Quantiles):
                    point.AddQuantile(reader.ReadBytes());
                    break;
                case (PointKind.Number or PointKind.Summary, PointFields.Number.Flags):
                case (PointKind.Histogram or PointKind.Exponential, PointFields.Histogram.Flags):
                    point.HasNoValue = (reader.ReadVarint() & NoRecordedValue) != 0;
                    break;
                case (PointKind.Number, PointFields.Number.Exemplars):
                case (PointKind.Histogram, PointFields.Histogram.Exemplars):
                case (PointKind.Exponential, PointFields.Exponential.Exemplars):
                    point.Exemplars++;
                    break;
            }
        }

        return point;
    }

    /// <summary>Of a histogram, from the lowest to the highest; null: they do not fit each other.</summary>
    public List<Bucket>? Buckets(PointKind kind) =>
        _buckets ??= kind == PointKind.Histogram ? Explicit() : Exponential();

    private List<Bucket>? Explicit()
    {
        if (_counts.Count == 0 && _bounds.Count == 0)
        {
            return [new Bucket(double.NegativeInfinity, double.PositiveInfinity, Count)];
        }

        if (_counts.Count != _bounds.Count + 1 || !_bounds.TrueForAll(double.IsFinite))
        {
            return null;
        }

        var buckets = new List<Bucket>();
        for (var i = 0; i < _counts.Count; i++)
        {
            var low = i == 0 ? double.NegativeInfinity : _bounds[i - 1];
            var high = i == _bounds.Count ? double.PositiveInfinity : _bounds[i];
            if (low >= high)
            {
                return null;
            }

            buckets.Add(new Bucket(low, high, _counts[i]));
        }

        return buckets;
    }

    // Bucket i is of values above base^i and up to base^(i+1), the base being 2^(2^-scale).
    private List<Bucket>? Exponential()
    {
        var step = Math.Pow(2, -(double)_scale);
        var buckets = new List<Bucket> { new(0, 0, _zeroCount) };
        foreach (var (offset, counts, sign) in _exponential)
        {
            for (var i = 0; i < counts.Count; i++)
            {
                if (counts[i] == 0)
                {
                    continue;
                }

                var near = sign * Math.Pow(2, (offset + i) * step);
                var far = sign * Math.Pow(2, (offset + i + 1) * step);
                if (!double.IsFinite(far))
                {
                    return null;
                }

                buckets.Add(new Bucket(Math.Min(near, far), Math.Max(near, far), counts[i]));
            }
        }

        buckets.Sort((a, b) => a.Low != b.Low ? a.Low.CompareTo(b.Low) : a.High.CompareTo(b.High));
        return buckets;
    }

    private void AddExponential(ReadOnlySpan<byte> message, int sign)
    {
        var (offset, counts) = (0, new List<ulong>());
        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            switch (reader.Field)
            {
                case PointFields.Buckets.Offset:
                    offset = ZigZag(reader.ReadVarint());
                    break;
                case PointFields.Buckets.Counts when reader.Type == WireType.Bytes:
                    ReadPacked(reader.ReadBytes(), counts);
                    break;
                case PointFields.Buckets.Counts:
                    Add(reader.ReadVarint(), counts);
                    break;
            }
        }

        _exponential.Add((offset, counts, sign));
    }

    private void AddQuantile(ReadOnlySpan<byte> message)
    {
        var (at, value) = (0.0, 0.0);
        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            switch (reader.Field)
            {
                case PointFields.Quantile.At:
                    at = ReadDouble(ref reader);
                    break;
                case PointFields.Quantile.Value:
                    value = ReadDouble(ref reader);
                    break;
            }
        }

        Quantiles.Add((at, value));
    }

    private static double ReadDouble(ref ProtobufReader reader) =>
        BitConverter.UInt64BitsToDouble(reader.ReadFixed64());

    private static int ZigZag(ulong value) => (int)(uint)(value >> 1) ^ -(int)(value & 1);

    private void ReadCounts(ref ProtobufReader reader, List<ulong> counts)
    {
        if (reader.Type == WireType.Fixed64)
        {
            Add(reader.ReadFixed64(), counts);
            return;
        }

        for (var packed = reader.ReadBytes(); packed.Length >= sizeof(ulong); packed = packed[sizeof(ulong)..])
        {
            Add(BitConverter.ToUInt64(packed), counts);
        }
    }

    private void ReadBounds(ref ProtobufReader reader, List<double> bounds)
    {
        var bits = new List<ulong>();
        ReadCounts(ref reader, bits);
        bounds.AddRange(bits.Select(BitConverter.UInt64BitsToDouble));
    }

    private void ReadPacked(ReadOnlySpan<byte> packed, List<ulong> counts)
    {
        var (value, shift) = (0UL, 0);
        foreach (var next in packed)
        {
            value |= shift < 64 ? (ulong)(next & 0x7F) << shift : 0;
            shift += 7;
            if (next < 0x80)
            {
                Add(value, counts);
                (value, shift) = (0, 0);
            }
        }
    }

    private void Add(ulong count, List<ulong> counts)
    {
        HasTooManyBuckets |= counts.Count == MaxBuckets;
        if (!HasTooManyBuckets)
        {
            counts.Add(count);
        }
    }
}
