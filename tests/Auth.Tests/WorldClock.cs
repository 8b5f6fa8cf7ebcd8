namespace Partner.Auth.Tests;

/// <summary>
/// The time of everything in a <see cref="World"/>: it goes on as usual, and <see cref="World.PassAsync"/> makes it skip.
/// Timers do not skip: what waits for a moment waits for a real one.
/// </summary>
internal sealed class WorldClock : TimeProvider
{
    private long _skipped;
    private Moment? _frozen;

    public override DateTimeOffset GetUtcNow() =>
        (_frozen?.Now ?? System.GetUtcNow()) + new TimeSpan(Volatile.Read(ref _skipped));

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() =>
        (_frozen?.Timestamp ?? System.GetElapsedTime(0).Ticks) + Volatile.Read(ref _skipped);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, dueTime, period);

    public void Skip(TimeSpan time) => Interlocked.Add(ref _skipped, time.Ticks);

    /// <summary>From here on time passes by skips alone.</summary>
    public DateTimeOffset Freeze()
    {
        var moment = new Moment(System.GetUtcNow(), System.GetElapsedTime(0).Ticks);
        _frozen = moment;
        return moment.Now;
    }

    public void Thaw() => _frozen = null;

    private sealed record Moment(DateTimeOffset Now, long Timestamp);
}

/// <summary>One host's clock, which can be put wrong; its monotonic clock cannot (faults F27).</summary>
internal sealed class HostClock(TimeProvider right) : TimeProvider
{
    public TimeSpan Wrong { get; set; }

    public override DateTimeOffset GetUtcNow() => right.GetUtcNow() + Wrong;

    public override long TimestampFrequency => right.TimestampFrequency;

    public override long GetTimestamp() => right.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        right.CreateTimer(callback, state, dueTime, period);
}
