using System.Text;
using Partner.Auth.Connections;
using Partner.Auth.Datadog;
using Partner.Auth.Tokens;
using Partner.Contracts;

namespace Partner.Auth.Tests.Tokens;

public sealed class RefreshDecisionTests
{
    [Fact]
    public void InvalidGrantIsTerminalOnlyWhenNothingIsUndecided()
    {
        var answer = new TokenAnswer.InvalidGrant();
        Assert.Equal(new RefreshDecision.GiveUp("grant-revoked"), RefreshDecision.Decide(answer, null, 0, 0.5));
        Assert.Equal(
            new RefreshDecision.Retry(TimeSpan.FromSeconds(31), Undecided: false),
            RefreshDecision.Decide(answer, TimeSpan.FromSeconds(30), 0, 0.5)
        );
        Assert.Equal(
            new RefreshDecision.GiveUp("refresh-answer-lost"),
            RefreshDecision.Decide(answer, TimeSpan.FromSeconds(-1), 0, 0.5)
        );
    }

    [Fact]
    public void FailuresBackOffAndObeyDatadog()
    {
        var later = new TokenAnswer.TryLater(null, Undecided: true);
        Assert.Equal(
            new RefreshDecision.Retry(TimeSpan.FromSeconds(5), Undecided: true),
            RefreshDecision.Decide(later, null, 0, 0.5)
        );
        Assert.Equal(
            new RefreshDecision.Retry(TimeSpan.FromMinutes(5), Undecided: true),
            RefreshDecision.Decide(later, null, 500, 0.5)
        );
        Assert.Equal(
            new RefreshDecision.Retry(TimeSpan.FromMinutes(10), Undecided: false),
            RefreshDecision.Decide(new TokenAnswer.TryLater(TimeSpan.FromMinutes(10), Undecided: false), null, 0, 0.5)
        );
        Assert.Equal(
            new RefreshDecision.Retry(TimeSpan.FromSeconds(5), Undecided: false, OurFault: true),
            RefreshDecision.Decide(new TokenAnswer.ClientRefused(), TimeSpan.FromSeconds(-1), 0, 0.5)
        );
    }

    [Theory]
    [InlineData("""{"errors":["invalid_grant - Invalid authorization code or code verifier."]}""", "invalid_grant")]
    [InlineData("""{"error":"invalid_grant","error_description":"x"}""", "invalid_grant")]
    [InlineData("""{"errors":["Forbidden"]}""", null)]
    [InlineData("""{"errors":[{"title":"x"}]}""", null)]
    [InlineData("<html>", null)]
    [InlineData("[]", null)]
    public void BothFormsOfAnErrorAreRead(string body, string? code) =>
        Assert.Equal(code, OAuthErrors.CodeOf(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void OnlyAKeyThatIsProvenToBeTheOrgsIsReused()
    {
        var stored = new StoredSecret(4, "key", new Secret("value"));
        Assert.Equal(new KeyDecision.Mint(1), KeyDecision.Decide(null, null, "org"));
        Assert.Equal(new KeyDecision.Reuse("key"), KeyDecision.Decide(stored, new KeyAnswer.Valid("org"), "org"));
        Assert.Equal(new KeyDecision.Refuse(), KeyDecision.Decide(stored, new KeyAnswer.Valid("other"), "org"));
        Assert.Equal(new KeyDecision.Wait(), KeyDecision.Decide(stored, new KeyAnswer.Valid(null), "org"));
        Assert.Equal(new KeyDecision.Wait(), KeyDecision.Decide(stored, new KeyAnswer.Unknown(), "org"));
        Assert.Equal(new KeyDecision.Mint(5), KeyDecision.Decide(stored, new KeyAnswer.Rejected(), "org"));
        Assert.Equal(new KeyDecision.Mint(5), KeyDecision.Decide(stored, new KeyAnswer.OfAnotherSite(), "org"));
    }
}
