using Partner.Auth.Webhooks;

namespace Partner.Auth.Tests.Webhooks;

public sealed class DeliveryDecisionTests
{
    private static readonly DeliveryAnswer Refused = new(500, null);

    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    [InlineData(299)]
    public void AnyTwoHundredIsASuccess(int status) =>
        Assert.Equal(new DeliveryDecision.Delivered(), Decide(new DeliveryAnswer(status, null)));

    [Fact]
    public void PausesGrowFromSecondsToADayAndTakeThreeDaysInAll()
    {
        var pauses = Enumerable
            .Range(1, 9)
            .Select(attempt => Assert.IsType<DeliveryDecision.Again>(Decide(Refused, attempt)).After)
            .ToList();
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromHours(24)), (pauses[0], pauses[^1]));
        Assert.InRange(pauses.Aggregate((a, b) => a + b), TimeSpan.FromDays(3), TimeSpan.FromDays(4));
        Assert.Equal(new DeliveryDecision.GiveUp(), Decide(Refused, 10));
    }

    [Fact]
    public void ChanceSpreadsAPauseByAFifth() =>
        Assert.Equal(
            [TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(6)],
            new[] { 0.0, 1.0 }.Select(chance =>
                Assert.IsType<DeliveryDecision.Again>(DeliveryDecision.Decide(Refused, 1, TimeSpan.Zero, chance)).After
            )
        );

    [Fact]
    public void AnEndpointThatAsksForTimeGetsItButNotForever()
    {
        Assert.Equal(
            new DeliveryDecision.Again(TimeSpan.FromMinutes(2)),
            Decide(new DeliveryAnswer(429, null, TimeSpan.FromMinutes(2)))
        );
        Assert.Equal(
            new DeliveryDecision.Again(TimeSpan.FromHours(24)),
            Decide(new DeliveryAnswer(503, null, TimeSpan.FromDays(300)))
        );
        Assert.Equal(
            new DeliveryDecision.Again(TimeSpan.FromSeconds(5)),
            Decide(new DeliveryAnswer(429, null, TimeSpan.FromSeconds(1)))
        );
    }

    [Fact]
    public void GoneOrFiveDaysWithoutASuccessDisable()
    {
        Assert.Equal(
            new DeliveryDecision.Disable("gone", TimeSpan.FromSeconds(5)),
            Decide(new DeliveryAnswer(410, null))
        );
        Assert.Equal(
            new DeliveryDecision.Disable("failing", TimeSpan.FromSeconds(5)),
            DeliveryDecision.Decide(new DeliveryAnswer(null, "timeout"), 1, TimeSpan.FromDays(5.1), 0.5)
        );
    }

    private static DeliveryDecision Decide(DeliveryAnswer answer, int attempts = 1) =>
        DeliveryDecision.Decide(answer, attempts, TimeSpan.Zero, 0.5);
}
