namespace Partner.AppHost.Tests;

/// <summary>
/// <c>./dev bench replicas</c>, small: two of each service, each restarted in its turn and some killed, while tenants
/// connect, send, read, replay and have keys revoked. Its exit code says whether every promise was kept.
/// </summary>
[Collection(OtherSystems.Name)]
public sealed class ReplicasTests
{
    private const int Kills = 20;

    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    [Trait("fault", "F19")]
    public async Task TwoOfEachServiceSurviveTheRestartAndTheKillOfAnyOne()
    {
        using var json = await ProgramRun.OfAsync(
            "Bench",
            TimeSpan.FromMinutes(40),
            "replicas",
            "--kills",
            $"{Kills}",
            "--rate",
            "200"
        );

        var report = json.RootElement;
        Assert.Equal((Kills, 0), (report.GetProperty("kills").GetInt32(), report.GetProperty("lost").GetInt32()));
        foreach (var part in new[] { "rolling_restart", "killing" })
        {
            // What is promised of nothing is no promise.
            Assert.True(report.GetProperty(part).GetProperty("sent").GetProperty("requests").GetInt32() > 0);
            var life = report.GetProperty(part).GetProperty("life");
            Assert.All(
                ["connected", "reads", "replayed", "keys_revoked", "refreshes"],
                count => Assert.True(life.GetProperty(count).GetInt32() > 0, $"{part}: {count}")
            );
        }
    }
}
