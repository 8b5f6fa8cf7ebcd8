using System.Diagnostics;
using System.Text.Json;
using Partner.Demo;
using Partner.Demo.Types;
using Partner.Testing;

namespace Partner.AppHost.Tests;

/// <summary><c>./dev demo --json</c>, as whoever runs it sees it.</summary>
[Collection(OtherSystems.Name)]
public sealed class DemoTests
{
    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    public async Task TheDemoIsWholeAndSaysSoByItsExitCodeAndOneLineOfJson()
    {
        // Debug or release, as these tests are.
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
        string Program(string name) => Repository.PathOf("artifacts", "bin", name, configuration, $"{name}.dll");
        using var demo = Process.Start(
            new ProcessStartInfo("dotnet", ["exec", Program("Demo"), "demo", "--AppHost", Program("AppHost"), "--json"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["DOTNET_ENVIRONMENT"] = "Development", ["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true" },
            }
        )!;
        var (output, error) = (demo.StandardOutput.ReadToEndAsync(), demo.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(15));
        try
        {
            await demo.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!demo.HasExited)
            {
                // It takes its system with it.
                using var end = Process.Start("kill", ["-TERM", $"{demo.Id}"]);
            }
        }

        Assert.True(demo.ExitCode == 0, await error);
        using var json = JsonDocument.Parse(await output);
        Assert.True(json.RootElement.GetProperty("ok").GetBoolean());
        Assert.Equal(0, json.RootElement.GetProperty("elsewhere").GetInt64());
        Assert.Equal(
            DemoSite.All.Count * DataType.All.Count,
            json.RootElement.GetProperty("sites").EnumerateObject().Sum(site => site.Value.EnumerateObject().Count())
        );
    }
}
