namespace Partner.Sending;

/// <summary>Exponential, half of it jittered.</summary>
internal sealed record RetrySchedule(TimeSpan First, TimeSpan Cap)
{
    /// <summary>408, 429 without a reset, 5xx, no answer (limits 3.2: the Agent's cap).</summary>
    public static readonly RetrySchedule Intake = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(64));

    /// <summary>A refused credential; a fresh key may be refused for some seconds (datadog-facts 3.8).</summary>
    public static readonly RetrySchedule Parked = new(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5));

    /// <param name="failures">In a row, this one included.</param>
    /// <param name="jitter">0 to 1.</param>
    public TimeSpan Delay(int failures, double jitter)
    {
        var full = Math.Min(Cap.TotalSeconds, First.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, 30)));
        return TimeSpan.FromSeconds((full / 2) + (full / 2 * jitter));
    }
}
