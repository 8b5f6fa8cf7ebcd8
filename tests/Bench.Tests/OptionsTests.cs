namespace Partner.Bench.Tests;

public class OptionsTests
{
    [Fact]
    public void AScenarioHasATypeAndSettings() =>
        Assert.Equal(
            new Options
            {
                Scenario = "crash",
                Type = "metrics",
                Acked = 1_000,
                Kills = 5,
                Seconds = 7,
                Rate = 2.5,
            },
            Options.Parse(["crash", "metrics", "--acked", "1000", "--kills", "5", "--seconds", "7", "--rate", "2.5"])
        );

    [Fact]
    public void LogsAreTheDefault() => Assert.Equal(new Options { Scenario = "steady" }, Options.Parse(["steady"]));

    [Fact]
    public void ACommitMayLookLikeANumber() =>
        Assert.Equal(
            new Options { Scenario = "upgrade", From = "1234567" },
            Options.Parse(["upgrade", "--from", "1234567"])
        );

    [Theory]
    [InlineData]
    [InlineData("--seconds")]
    [InlineData("steady", "--seconds")]
    [InlineData("steady", "--seconds", "x")]
    [InlineData("upgrade", "--from")]
    [InlineData("steady", "--unknown", "1")]
    public void AnythingElseIsNotUnderstood(params string[] args) => Assert.Null(Options.Parse(args));
}
