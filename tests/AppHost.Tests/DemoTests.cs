using Partner.Demo;
using Partner.Demo.Types;

namespace Partner.AppHost.Tests;

/// <summary><c>./dev demo --json</c>, as whoever runs it sees it.</summary>
[Collection(OtherSystems.Name)]
public sealed class DemoTests
{
    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    public async Task TheDemoIsWholeAndSaysSoByItsExitCodeAndOneLineOfJson()
    {
        using var json = await ProgramRun.OfAsync(
            "Demo",
            TimeSpan.FromMinutes(15),
            "demo",
            "--AppHost",
            ProgramRun.PathOf("AppHost"),
            "--json"
        );

        Assert.True(json.RootElement.GetProperty("ok").GetBoolean());
        Assert.Equal(0, json.RootElement.GetProperty("elsewhere").GetInt64());
        Assert.Equal(
            DemoSite.All.Count * DataType.All.Count,
            json.RootElement.GetProperty("sites").EnumerateObject().Sum(site => site.Value.EnumerateObject().Count())
        );
    }
}
