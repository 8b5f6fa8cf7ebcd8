using System.Diagnostics;
using System.Text;

namespace Partner.AppHost.Tests;

/// <summary>An AppHost that is killed leaves no process and no data behind.</summary>
public sealed class KilledAppHostTests
{
    private const string Mark = "KILLED_APPHOST_TEST";

    [Fact]
    [Trait("tier", "long")]
    public async Task NothingIsLeftOfAnAppHostThatWasKilled()
    {
        var run = Guid.CreateVersion7().ToString();
        var info = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "AppHost.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_ENVIRONMENT"] = "Development", ["Dashboard"] = "false", ["Containers"] = "false", [Mark] = run },
        };
        using var appHost = Process.Start(info)!;
        _ = appHost.StandardOutput.ReadToEndAsync();
        _ = appHost.StandardError.ReadToEndAsync();
        try
        {
            // The services run, so the stores do as well.
            await Wait.UntilAsync(() => Task.FromResult(Marked(run).Count(command => command.EndsWith(".dll", StringComparison.Ordinal))), n => n >= 12);
            var folder = Assert.Single(Directory.GetDirectories(Path.GetTempPath(), $"datadog-aspire-{appHost.Id}-*"));
            Assert.True(File.Exists(Path.Combine(folder, "postgres", "postmaster.pid")));

            appHost.Kill();
            await Wait.UntilAsync(() => Task.FromResult(Marked(run)), left => left.Count == 0);
            await Wait.UntilAsync(() => Task.FromResult(Directory.Exists(folder)), exists => !exists);
        }
        finally
        {
            appHost.Kill();
        }
    }

    /// <summary>Commands of the processes that have the AppHost's environment.</summary>
    private static List<string> Marked(string run)
    {
        var found = new List<string>();
        foreach (var process in Directory.GetDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(process, "environ"), Encoding.Latin1).Contains($"{Mark}={run}", StringComparison.Ordinal))
                {
                    found.Add(File.ReadAllText(Path.Combine(process, "cmdline"), Encoding.Latin1).Replace('\0', ' ').Trim());
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
            }
        }

        return found;
    }
}
