namespace Partner.Sending.Lanes;

internal enum LaneState
{
    Flowing,
    BackingOff,

    /// <summary>
    /// The credential is refused or the grant is gone: data is kept, one request probes now and then.
    /// </summary>
    Parked,
}

/// <summary>
/// A lane's breaker: closed (several deliveries), open (none until <see cref="NotBefore"/>), half open (exactly one).
/// Deliveries that were under way together fail together; only the first of such a generation counts.
/// </summary>
internal sealed class LaneHealth(TimeProvider time, Func<double> jitter)
{
    public int Failures { get; private set; }

    public bool IsSuspect => Failures > 0;

    /// <summary>Which generation a delivery belongs to that starts now.</summary>
    public long Generation { get; private set; }

    public long NotBefore { get; private set; }

    public LaneState State { get; private set; }

    public string? Reason { get; private set; }

    /// <summary>The connection's state that Auth gave when the lane was parked.</summary>
    public ConnectionState? Connection { get; set; }

    public void Apply(Outcome outcome, long generation)
    {
        if (generation != Generation)
        {
            return;
        }

        switch (outcome)
        {
            case Outcome.Retry retry:
                Fail(LaneState.BackingOff, retry.Reason, retry.After, retry.Schedule ?? RetrySchedule.Intake);
                break;
            case Outcome.Parked parked:
                Fail(LaneState.Parked, parked.Reason, null, RetrySchedule.Parked);
                break;
            default:
                // Rejected and Split are answers of a working intake as much as Delivered is.
                if (IsSuspect)
                {
                    Generation++;
                }

                (Failures, NotBefore, State, Reason, Connection) = (0, 0, LaneState.Flowing, null, null);
                break;
        }
    }

    public bool IsOpenAt(long now) => now >= NotBefore;

    private void Fail(LaneState state, string reason, TimeSpan? after, RetrySchedule schedule)
    {
        Failures = state == State ? Failures + 1 : 1;
        (State, Reason) = (state, reason);
        Generation++;
        // A limit that is said to end at once must not become a loop.
        var delay = after is { } asked
            ? (asked > schedule.First ? asked : schedule.First) * (1 + (0.1 * jitter()))
            : schedule.Delay(Failures, jitter());
        NotBefore = time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency);
    }
}
