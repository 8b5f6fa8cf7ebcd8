using System.Diagnostics;

namespace Partner.Migrator.Tests;

public sealed class ProgramTests
{
    [Fact]
    public async Task AWrongConfigurationEndsWithWhatToSet()
    {
        var (exit, output) = await RunAsync([]);
        Assert.Equal(2, exit);
        Assert.Contains("Cannot migrate: Set ConnectionStrings__postgres", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheScriptsOfEveryServiceAreThereAndApplied()
    {
        using var bench = await Workbench.OpenAsync();
        var (exit, output) = await RunAsync(
            new()
            {
                ["ConnectionStrings__postgres"] = bench.AdminConnectionString,
                ["Database"] = bench.Database,
                ["Schemas__vault__Password"] = "canary-password",
            }
        );

        Assert.Equal((0, true), (exit, output.Contains("Applied vault/001_vault.sql", StringComparison.Ordinal)));
        Assert.DoesNotContain("canary-password", output, StringComparison.Ordinal);
        Assert.True(await bench.AsAsync<bool>("vault", "SELECT to_regclass('owners') IS NOT NULL", "canary-password"));
    }

    private static async Task<(int Exit, string Output)> RunAsync(Dictionary<string, string> environment)
    {
        var info = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Migrator.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        using var process = Process.Start(info)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }
}
