namespace Partner.Metrics.Otlp;

/// <summary>The difference of two points of a cumulative series.</summary>
internal sealed partial class OtlpPoint
{
    /// <summary>The point without attributes and exemplars: all that <see cref="Since"/> needs of the last one.</summary>
    public static byte[] Bare(ReadOnlySpan<byte> message, PointKind kind)
    {
        var exemplars = kind switch
        {
            PointKind.Number => PointFields.Number.Exemplars,
            PointKind.Histogram => PointFields.Histogram.Exemplars,
            PointKind.Exponential => PointFields.Exponential.Exemplars,
            _ => PointFields.Summary.Quantiles,
        };
        var bare = new List<byte>(message.Length);
        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            reader.Skip();
            if (reader.Field != AttributesOf(kind) && reader.Field != exemplars)
            {
                bare.AddRange(message[reader.Start..reader.Position]);
            }
        }

        return [.. bare];
    }

    /// <summary>
    /// What was added since an earlier point of the series. A minimum or maximum is told where it is of that time for
    /// certain. Null: it counts less than before, or in other buckets.
    /// </summary>
    public OtlpPoint? Since(OtlpPoint last, PointKind kind)
    {
        var added = new OtlpPoint
        {
            Start = last.Time,
            Time = Time,
            Exemplars = Exemplars,
            Value = Whole is { } now && last.Whole is { } before ? (double)((Int128)now - before) : Value - last.Value,
            Count = Count - last.Count,
            Sum = Sum - last.Sum,
            Min = Min < last.Min ? Min : null,
            Max = Max > last.Max ? Max : null,
        };
        added.Quantiles.AddRange(Quantiles);
        var grows = kind switch
        {
            PointKind.Number => added.Value >= 0,
            PointKind.Summary => Count >= last.Count && (added.Sum ?? 0) >= 0,
            PointKind.Histogram => Count >= last.Count && added.SubtractCounts(this, last),
            _ => Count >= last.Count && added.SubtractExponential(this, last),
        };
        return grows ? added : null;
    }

    private bool SubtractCounts(OtlpPoint point, OtlpPoint last)
    {
        if (!point._bounds.SequenceEqual(last._bounds) || point._counts.Count != last._counts.Count)
        {
            return false;
        }

        _bounds.AddRange(point._bounds);
        _counts.AddRange(point._counts.Zip(last._counts, (now, before) => now - before));
        return point._counts.Zip(last._counts).All(pair => pair.First >= pair.Second);
    }

    private bool SubtractExponential(OtlpPoint point, OtlpPoint last)
    {
        // A finer scale is a new beginning: what was counted before cannot be divided.
        if (point._scale > last._scale || point._zeroCount < last._zeroCount)
        {
            return false;
        }

        _scale = point._scale;
        _zeroCount = point._zeroCount - last._zeroCount;
        // A scale less is two buckets in one; from 31 on all of a sign are one of two.
        var coarser = Math.Min((long)last._scale - point._scale, 63);
        foreach (var sign in (int[])[1, -1])
        {
            var counts = point.IndexedCounts(sign, 0);
            foreach (var (index, before) in last.IndexedCounts(sign, (int)coarser))
            {
                if (!counts.TryGetValue(index, out var now) || now < before)
                {
                    return false;
                }

                counts[index] = now - before;
            }

            foreach (var (index, count) in counts)
            {
                if (count > 0)
                {
                    _exponential.Add((index, [count], sign));
                }
            }
        }

        return true;
    }

    private Dictionary<long, ulong> IndexedCounts(int sign, int coarser)
    {
        var counts = new Dictionary<long, ulong>();
        foreach (var (offset, bucketCounts, _) in _exponential.Where(buckets => buckets.Sign == sign))
        {
            for (var i = 0; i < bucketCounts.Count; i++)
            {
                if (bucketCounts[i] > 0)
                {
                    var index = ((long)offset + i) >> coarser;
                    counts[index] = counts.GetValueOrDefault(index) + bucketCounts[i];
                }
            }
        }

        return counts;
    }
}
