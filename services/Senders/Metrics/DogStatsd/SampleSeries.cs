namespace Partner.Metrics.DogStatsd;

/// <summary>What the lines of a request say of one series, as the Agent sums up those of a flush (datadog-facts 3.2 a).</summary>
/// <param name="line">The first of them.</param>
internal sealed class SampleSeries(MetricLine line)
{
    /// <summary>Of a distribution in one request; a bound of ours.</summary>
    public const int MaxValues = 100_000;

    private readonly List<(double Value, double Weight)> _samples = [];
    private readonly HashSet<string> _uniques = [];
    private double _sum;
    private double _weight;
    private double _carry;

    public MetricLine Line => line;

    /// <summary>Of a count.</summary>
    public double Sum => _sum;

    /// <summary>Of a gauge.</summary>
    public double Last { get; private set; }

    /// <summary>Of a set: how many different values it has.</summary>
    public int Uniques => _uniques.Count;

    /// <summary>How many samples there were, those that were not sent included.</summary>
    public double Count => _weight;

    public double Average => _sum / _weight;

    public double Max => _samples[^1].Value;

    /// <returns>Null, or why the line is not taken; nothing has changed then.</returns>
    public BadLine? Add(MetricLine next, List<double> values)
    {
        if (next.Unique is { } unique)
        {
            _uniques.Add(unique);
            return null;
        }

        var (sum, weight) = (_sum, _weight + (values.Count * next.Weight));
        foreach (var value in values)
        {
            sum += value * next.Weight;
        }

        if (!double.IsFinite(sum) || !double.IsFinite(weight))
        {
            return BadLine.TooMuch;
        }

        if (line.Kind == SampleKind.Distribution && weight > MaxValues)
        {
            return BadLine.TooManyValues;
        }

        (_sum, _weight, Last) = (sum, weight, values[^1]);
        if (line.Kind is SampleKind.Histogram or SampleKind.Distribution)
        {
            values.ForEach(value => _samples.Add((value, next.Weight)));
        }

        return null;
    }

    /// <summary>Before the statistics of a histogram are read.</summary>
    public void Sort() => _samples.Sort((a, b) => a.Value.CompareTo(b.Value));

    // So many samples stand before these two (datadog-agent pkg/metrics/histogram.go).
    public double Median => Before((_weight - 1) / 2);

    public double Percentile95 => Before(((95 * _weight) - 1) / 100);

    /// <summary>
    /// A distribution's values, each as often as its rate says: a value at 0.3 three times, and each third of them four.
    /// </summary>
    public IEnumerable<(double Value, int Times)> Values()
    {
        foreach (var (value, weight) in _samples)
        {
            _carry += weight;
            var times = (int)_carry;
            _carry -= times;
            yield return (value, times);
        }
    }

    private double Before(double weight)
    {
        var passed = 0.0;
        foreach (var sample in _samples)
        {
            passed += sample.Weight;
            if (passed > weight)
            {
                return sample.Value;
            }
        }

        return Max;
    }
}
