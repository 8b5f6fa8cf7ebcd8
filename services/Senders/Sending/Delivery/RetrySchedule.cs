namespace Partner.Sending;

/// <summary>
/// Exponential with full jitter: anything between half of the first delay and the whole of this one, so that lanes that
/// failed together do not come back together (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
/// </summary>
public sealed record RetrySchedule(TimeSpan First, TimeSpan Cap)
{
    /// <summary>408, 429 without a reset, 5xx, no answer (limits 3.2: the Agent's cap).</summary>
    public static readonly RetrySchedule Intake = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(64));

    /// <summary>A refused credential; a fresh key may be refused for some seconds (datadog-facts 3.8).</summary>
    public static readonly RetrySchedule Parked = new(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5));

    /// <summary>For suspects that are set apart: often enough that five trials are over within two minutes.</summary>
    public static readonly RetrySchedule Apart = new(TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(64));

    /// <param name="failures">In a row, this one included.</param>
    /// <param name="jitter">0 to 1.</param>
    public TimeSpan Delay(int failures, double jitter)
    {
        var least = First.TotalSeconds / 2;
        var full = Math.Min(Cap.TotalSeconds, First.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, 30)));
        return TimeSpan.FromSeconds(least + ((full - least) * jitter));
    }
}
