using Partner.Auth.Datadog;
using Partner.Testing;

namespace Partner.Auth.Tests.Tokens;

public sealed class LivedTimeTests
{
    [Fact]
    public void ItIsOverAfterSoManySecondsLived()
    {
        var clock = new ManualTimeProvider();
        using var time = new ProcessTimeout(TimeSpan.FromSeconds(10), clock);
        clock.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(time.Token.IsCancellationRequested);
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.True(time.Token.IsCancellationRequested);
    }

    [Fact]
    [Trait("fault", "F5")]
    public void APauseCountsAsOneSecond()
    {
        var clock = new FrozenTimers();
        using var time = new ProcessTimeout(TimeSpan.FromSeconds(10), clock);
        clock.Tick();
        // An hour, for the world; of the ticks that were missed the operating system delivers one.
        clock.Tick();
        Assert.False(time.Token.IsCancellationRequested);
        for (var i = 0; i < 8; i++)
        {
            clock.Tick();
        }

        Assert.True(time.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task ItsCallersEndIsItsEnd()
    {
        using var caller = new CancellationTokenSource();
        using var time = new ProcessTimeout(TimeSpan.FromSeconds(10), new ManualTimeProvider(), caller.Token);
        await caller.CancelAsync();
        Assert.True(time.Token.IsCancellationRequested);
    }

    private sealed class FrozenTimers : TimeProvider, ITimer
    {
        private TimerCallback? _callback;

        public void Tick() => _callback!(null);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)), (dueTime, period));
            _callback = callback;
            return this;
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() { }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
