using Partner.Contracts;
using Partner.Testing;

namespace Partner.Sending.Tests;

public sealed class TimerTests
{
    [Theory]
    [Trait("fault", "F27")]
    [InlineData(10)]
    [InlineData(-10)]
    public void AClockThatJumpsShortensNoBackOffAndMakesNoneLonger(int minutes)
    {
        var clock = new JumpingClock();
        var lanes = new LanesUnderTest(new DeliveryOptions(), time: clock);
        lanes.Accept(ConnectionId.New());
        lanes.Complete(Assert.Single(lanes.TakeAll()), new Outcome.Retry(TimeSpan.FromSeconds(30), "429"));
        clock.Jump = TimeSpan.FromMinutes(minutes);
        clock.Steady.Advance(TimeSpan.FromSeconds(29.9));
        Assert.Empty(lanes.TakeAll());
        clock.Steady.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Single(lanes.TakeAll());
    }

    [Fact]
    [Trait("fault", "F15")]
    public void ALimitThatIsSaidToEndAtOnceMakesNoLoop()
    {
        var lanes = new LanesUnderTest(new DeliveryOptions());
        lanes.Accept(ConnectionId.New());
        lanes.Complete(Assert.Single(lanes.TakeAll()), new Outcome.Retry(TimeSpan.Zero, "429"));
        Assert.Empty(lanes.TakeAll());
        lanes.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(lanes.TakeAll());
    }

    [Fact]
    [Trait("fault", "F15")]
    public void AnAnswerWithAScheduleOfItsOwnIsWaitedForByThatOne()
    {
        var lanes = new LanesUnderTest(new DeliveryOptions());
        var schedule = new RetrySchedule(TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(5));
        lanes.Accept(ConnectionId.New());
        lanes.Complete(Assert.Single(lanes.TakeAll()), new Outcome.Retry(null, "429", Schedule: schedule));
        lanes.Time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Empty(lanes.TakeAll());
        lanes.Time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Single(lanes.TakeAll());
    }

    /// <summary>The wall clock is set; time itself passes as ever.</summary>
    private sealed class JumpingClock : TimeProvider
    {
        public ManualTimeProvider Steady { get; } = new();

        public TimeSpan Jump { get; set; }

        public override long TimestampFrequency => Steady.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => Steady.GetUtcNow() + Jump;

        public override long GetTimestamp() => Steady.GetTimestamp();
    }
}
