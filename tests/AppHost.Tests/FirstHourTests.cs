using System.Text.RegularExpressions;
using Partner.Demo;
using Partner.Testing;

namespace Partner.AppHost.Tests;

/// <summary>services/Gateway/FIRST-HOUR.md, every command of it in one shell, and a person for its browser.</summary>
public sealed partial class FirstHourTests(WholeSystem system)
{
    [Fact]
    public async Task EveryCommandOfThePageWorks()
    {
        Assert.SkipUnless(await BashSession.HasAsync("curl"), "curl is not installed.");
        var page = await File.ReadAllTextAsync(Repository.PathOf("services/Gateway/FIRST-HOUR.md"));
        using var shell = new BashSession(
            folder: null,
            ("GATEWAY", system.Gateway.ToString().TrimEnd('/')),
            ("TOKEN", system.PartnerToken)
        );
        var connected = false;
        foreach (var block in BashSession.BlocksOf(page))
        {
            var output = await shell.RunAsync(block);
            if (Link().Match(output) is { Success: true } link)
            {
                connected = true;
                using var person = new Person();
                var org = await system.Sandbox.CreateOrgAsync("us1", "First Hour Inc");
                await Connecting.FromSessionAsync(
                    person,
                    new ConnectSession(new Uri(link.Groups[1].Value), DateTimeOffset.MaxValue),
                    org
                );
            }
        }

        Assert.True(connected);
    }

    [GeneratedRegex(@"^Open (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Link();
}
