using Partner.Auth.Webhooks;

namespace Partner.Auth.Tests.Webhooks;

public sealed class DeliveryDecisionTests
{
    private static readonly WebhookAnswer Refused = new(500, null);

    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    [InlineData(299)]
    public void AnyTwoHundredIsASuccess(int status) =>
        Assert.Equal(new WebhookDecision.Delivered(), Decide(new WebhookAnswer(status, null)));

    [Fact]
    public void PausesGrowFromSecondsToADayAndTakeThreeDaysInAll()
    {
        var pauses = Enumerable
            .Range(1, 9)
            .Select(attempt => Assert.IsType<WebhookDecision.Again>(Decide(Refused, attempt)).After)
            .ToList();
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromHours(24)), (pauses[0], pauses[^1]));
        Assert.InRange(pauses.Aggregate((a, b) => a + b), TimeSpan.FromDays(3), TimeSpan.FromDays(4));
        Assert.Equal(new WebhookDecision.GiveUp(), Decide(Refused, 10));
    }

    [Fact]
    public void ChanceSpreadsAPauseByAFifth() =>
        Assert.Equal(
            [TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(6)],
            new[] { 0.0, 1.0 }.Select(chance =>
                Assert.IsType<WebhookDecision.Again>(WebhookDecision.Decide(Refused, 1, TimeSpan.Zero, chance)).After
            )
        );

    [Fact]
    public void AnEndpointThatAsksForTimeGetsItButNotForever()
    {
        Assert.Equal(
            new WebhookDecision.Again(TimeSpan.FromMinutes(2)),
            Decide(new WebhookAnswer(429, null, TimeSpan.FromMinutes(2)))
        );
        Assert.Equal(
            new WebhookDecision.Again(TimeSpan.FromHours(24)),
            Decide(new WebhookAnswer(503, null, TimeSpan.FromDays(300)))
        );
        Assert.Equal(
            new WebhookDecision.Again(TimeSpan.FromSeconds(5)),
            Decide(new WebhookAnswer(429, null, TimeSpan.FromSeconds(1)))
        );
    }

    [Fact]
    public void GoneOrFiveDaysWithoutASuccessDisable()
    {
        Assert.Equal(
            new WebhookDecision.Disable("gone", TimeSpan.FromSeconds(5)),
            Decide(new WebhookAnswer(410, null))
        );
        Assert.Equal(
            new WebhookDecision.Disable("failing", TimeSpan.FromSeconds(5)),
            WebhookDecision.Decide(new WebhookAnswer(null, "timeout"), 1, TimeSpan.FromDays(5.1), 0.5)
        );
    }

    private static WebhookDecision Decide(WebhookAnswer answer, int attempts = 1) =>
        WebhookDecision.Decide(answer, attempts, TimeSpan.Zero, 0.5);
}
