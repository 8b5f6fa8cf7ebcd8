using System.Diagnostics;
using Npgsql;

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

    [Fact]
    public async Task AServiceWaitsAsItsOwnRoleUntilItsSchemaIsThere()
    {
        using var bench = await Workbench.OpenAsync();
        var asRole = new NpgsqlConnectionStringBuilder(bench.AdminConnectionString)
        {
            Database = bench.Database,
            Username = "incidents",
            Password = "canary-password",
        };
        var waiting = RunAsync(
            new()
            {
                ["ConnectionStrings__database"] = asRole.ConnectionString,
                ["Schemas__incidents__Scripts"] = "incidents",
            },
            "wait"
        );
        await Task.WhenAny(waiting, Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken));
        Assert.False(waiting.IsCompleted);

        await RunAsync(
            new()
            {
                ["ConnectionStrings__postgres"] = bench.AdminConnectionString,
                ["Database"] = bench.Database,
                ["Schemas__incidents__Password"] = "canary-password",
            }
        );

        var (exit, output) = await waiting;
        Assert.Equal(0, exit);
        Assert.Contains("Waiting for the schema incidents: Postgres says ", output, StringComparison.Ordinal);
        Assert.Contains("The schema incidents has its ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("canary-password", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AWaitWithoutASchemaEndsWithWhatToSet()
    {
        var (exit, output) = await RunAsync([], "wait");
        Assert.Equal(2, exit);
        Assert.Contains("Cannot wait: Set ConnectionStrings__database", output, StringComparison.Ordinal);
        Assert.Contains("Schemas__{name}__Scripts", output, StringComparison.Ordinal);
    }

    private static async Task<(int Exit, string Output)> RunAsync(
        Dictionary<string, string> environment,
        params string[] arguments
    )
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Migrator.dll");
        var info = new ProcessStartInfo("dotnet", [program, .. arguments])
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
