namespace Partner.Metrics.Otlp;

/// <param name="Low">Negative infinity where nothing bounds it.</param>
internal readonly record struct Bucket(double Low, double High, ulong Count);

/// <summary>So many times the same value.</summary>
internal readonly record struct ValueRun(double Value, int Count);

/// <summary>
/// A histogram's buckets as values of a distribution, one for each observation. A value stands in the bucket that its
/// observation was counted in, so that none is off by more than the bucket's width (in an open bucket without minimum or
/// maximum it stands at the bound, as Datadog's mapping has it: datadog-facts 3.9 c). Count, minimum and maximum are the
/// histogram's own; the values are moved within their buckets until their sum is the histogram's, too.
/// </summary>
internal static class BucketValues
{
    /// <summary>Observations of one data point; about 1 MB as JSON.</summary>
    public const int MaxValues = 100_000;

    /// <summary>Different values of a bucket: more would be no nearer to what was observed.</summary>
    private const int Steps = 16;

    /// <returns>Null: there are more than are taken; NaN where numbers are too large to be told apart.</returns>
    public static List<ValueRun>? Of(IReadOnlyList<Bucket> buckets, double? sum, double? min, double? max)
    {
        var total = 0UL;
        foreach (var bucket in buckets)
        {
            total = Math.Min(MaxValues + 1, total + Math.Min(bucket.Count, MaxValues + 1));
        }

        if (total > MaxValues)
        {
            return null;
        }

        var mean = sum / total;
        var runs = new List<Run>();
        foreach (var bucket in buckets)
        {
            if (bucket.Count > 0)
            {
                runs.AddRange(Spread(Clip(bucket, min, max, mean), (int)bucket.Count, OpenOf(bucket, min, max)));
            }
        }

        Pin(runs, 0, min, total);
        Pin(runs, runs.Count - 1, max, total);
        MoveTo(runs, sum);
        return runs.ConvertAll(run => new ValueRun(run.Value, run.Count));
    }

    private static (double Low, double High) Clip(Bucket bucket, double? min, double? max, double? mean)
    {
        var low = Math.Max(bucket.Low, min ?? double.NegativeInfinity);
        var high = Math.Min(bucket.High, max ?? double.PositiveInfinity);
        return (double.IsFinite(low), double.IsFinite(high)) switch
        {
            (true, true) => low <= high ? (low, high) : (high, high),
            (true, false) => (low, low),
            (false, true) => (high, high),
            // Nothing but a count, and perhaps a sum.
            _ => (mean ?? double.NaN, mean ?? double.NaN),
        };
    }

    // Where the sum may say more of the values than the bound does: 1 above it, -1 below it.
    private static int OpenOf(Bucket bucket, double? min, double? max) =>
        double.IsInfinity(bucket.High) && max is null ? 1
        : double.IsInfinity(bucket.Low) && min is null ? -1
        : 0;

    private static IEnumerable<Run> Spread((double Low, double High) bounds, int count, int open)
    {
        var (low, high) = bounds;
        var steps = high > low ? Math.Min(count, Steps) : 1;
        for (var step = 0; step < steps; step++)
        {
            var some = (int)(((long)count * (step + 1) / steps) - ((long)count * step / steps));
            yield return new Run(low + ((high - low) * (step + 0.5) / steps), some, low, high, open);
        }
    }

    /// <summary>One observation at the outermost end was the minimum, or the maximum.</summary>
    private static void Pin(List<Run> runs, int index, double? value, ulong total)
    {
        if (value is not { } exact || total < 2 || runs.Count == 0)
        {
            return;
        }

        var run = runs[index];
        runs.Insert(index == 0 ? 0 : index + 1, new Run(exact, 1, exact, exact, 0));
        index += index == 0 ? 1 : 0;
        if (run.Count == 1)
        {
            runs.RemoveAt(index);
        }
        else
        {
            runs[index] = run with { Count = run.Count - 1 };
        }
    }

    private static void MoveTo(List<Run> runs, double? sum)
    {
        if (sum is not { } exact || !double.IsFinite(exact))
        {
            return;
        }

        var missing = exact - runs.Sum(run => run.Value * run.Count);
        var open = runs.FindAll(run => run.Open == Math.Sign(missing)).Sum(run => run.Count);
        if (open > 0 && missing != 0)
        {
            Change(runs, run => run.Open == Math.Sign(missing) ? run.Value + (missing / open) : run.Value);
            return;
        }

        var room = runs.Sum(run => ((missing > 0 ? run.High : run.Low) - run.Value) * run.Count);
        var share = room == 0 ? 0 : Math.Clamp(missing / room, 0, 1);
        Change(runs, run => run.Value + (share * ((missing > 0 ? run.High : run.Low) - run.Value)));
    }

    private static void Change(List<Run> runs, Func<Run, double> value)
    {
        for (var i = 0; i < runs.Count; i++)
        {
            runs[i] = runs[i] with { Value = value(runs[i]) };
        }
    }

    private readonly record struct Run(double Value, int Count, double Low, double High, int Open);
}
