using System.Net;

namespace Partner.Sending.Tests;

public sealed class RetryTests
{
    [Theory]
    [InlineData(202, typeof(Outcome.Delivered))]
    [InlineData(200, typeof(Outcome.Delivered))]
    [InlineData(400, typeof(Outcome.Rejected))]
    [InlineData(422, typeof(Outcome.Rejected))]
    [InlineData(401, typeof(Outcome.Parked))]
    [InlineData(403, typeof(Outcome.Parked))]
    [InlineData(404, typeof(Outcome.Retry))]
    [InlineData(408, typeof(Outcome.Retry))]
    [InlineData(413, typeof(Outcome.Split))]
    [InlineData(429, typeof(Outcome.Retry))]
    [InlineData(500, typeof(Outcome.Retry))]
    [InlineData(503, typeof(Outcome.Retry))]
    [InlineData(302, typeof(Outcome.Retry))]
    public void EveryStatusHasOneMeaning(int status, Type expected) =>
        Assert.IsType(expected, StatusMatrix.Classify(new IntakeAnswer((HttpStatusCode)status, null, "")));

    [Fact]
    public void TheScheduleDoublesUpToItsCapAndAllButHalfOfTheFirstIsChance()
    {
        Assert.Equal(
            [1, 2, 4, 8, 16, 32, 64, 64],
            Enumerable.Range(1, 8).Select(n => RetrySchedule.Intake.Delay(n, 1).TotalSeconds)
        );
        Assert.All(Enumerable.Range(1, 8), n => Assert.Equal(0.5, RetrySchedule.Intake.Delay(n, 0).TotalSeconds));
        Assert.Equal(64, RetrySchedule.Intake.Delay(1_000, 1).TotalSeconds);
        Assert.Equal(
            (5d, 300d),
            (RetrySchedule.Parked.Delay(1, 1).TotalSeconds, RetrySchedule.Parked.Delay(50, 1).TotalSeconds)
        );
    }
}
