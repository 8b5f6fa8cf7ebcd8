namespace Partner.Sending.Lanes;

/// <summary>
/// How many deliveries a lane may have under way: one more when all that it may have did well, fewer as soon as the
/// intake gets slower or fails (additive increase, multiplicative decrease). In the manner of Vector's adaptive request
/// concurrency, with its constants (src/sinks/util/adaptive_concurrency), except that a failure halves: there the lane's
/// breaker opens as well.
/// </summary>
internal sealed class LaneConcurrency(int most)
{
    private const double Decrease = 0.9;
    private const double Alpha = 0.4;
    private const double Deviations = 2.5;

    // Batches differ in size: a delivery that is not half as slow again as usual says nothing.
    private const double Tolerance = 0.5;

    private double _limit = 1;
    private double? _mean;
    private double _variance;
    private double _sum;
    private int _count;
    private bool _wasFull;

    /// <summary>Never below 1.</summary>
    public int Limit => (int)_limit;

    /// <param name="wasFull">The lane had as many under way as it might.</param>
    public void Delivered(TimeSpan roundTrip, bool wasFull)
    {
        (_sum, _count, _wasFull) = (_sum + roundTrip.TotalSeconds, _count + 1, _wasFull || wasFull);
        if (_count >= Limit)
        {
            Judge(_sum / _count);
            (_sum, _count, _wasFull) = (0, 0, false);
        }
    }

    public void Failed() => (_limit, _sum, _count, _wasFull) = (Math.Max(1, _limit / 2), 0, 0, false);

    // About once per round trip: as many answers as deliveries were under way at once.
    private void Judge(double current)
    {
        if (_mean is not { } mean)
        {
            _mean = current;
        }
        else if (current > mean + Math.Max(Deviations * Math.Sqrt(_variance), Tolerance * mean))
        {
            _limit = Math.Max(1, _limit * Decrease);
            Learn(current - mean);
            return;
        }
        else
        {
            Learn(current - mean);
        }

        _limit = _wasFull ? Math.Min(most, Math.Floor(_limit) + 1) : _limit;
    }

    // Exponentially weighted mean and variance (Finch, "Incremental calculation of weighted mean and variance", 2009).
    private void Learn(double difference)
    {
        _mean += Alpha * difference;
        _variance = (1 - Alpha) * (_variance + (Alpha * difference * difference));
    }
}
