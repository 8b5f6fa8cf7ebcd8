using System.Diagnostics;

namespace Partner.StandIns.Tests;

/// <summary>The AppHost as a process of its own.</summary>
public class LifetimeTests
{
    private static readonly string Program = Path.Combine(
        AppContext.BaseDirectory, "..", "..", "TinyAppHost", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "TinyAppHost.dll");

    [Theory(Timeout = 60_000)]
    [InlineData("KILL", 137)]
    [InlineData("TERM", 0)]
    [InlineData("INT", 0)]
    public async Task ChildrenEndWithTheAppHost(string signal, int expectedExitCode)
    {
        using var host = Start();
        var lines = await ReadUntilAsync(host, "Ctrl+C");
        var children = Processes.ChildrenOf(host.Id);
        var folder = lines.SelectMany(l => l.Split(' ')).First(w => w.StartsWith(Path.Combine(Path.GetTempPath(), "apphost-"), StringComparison.Ordinal));
        folder = string.Join('/', folder.Split('/').TakeWhile(p => !p.StartsWith("postgres", StringComparison.Ordinal)));

        Assert.True(children.Length >= 6, $"{children.Length} children");
        Assert.True(Directory.Exists(folder), folder);
        using var kill = Process.Start("/bin/kill", [$"-{signal}", $"{host.Id}"]);
        _ = ReadUntilAsync(host, null);
        await host.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(expectedExitCode, host.ExitCode);
        while (children.Any(Processes.Exists) || Directory.Exists(folder))
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task PublishingIsRefusedClearly()
    {
        using var host = Start("--operation", "publish");
        await host.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, host.ExitCode);
        Assert.Contains("genuine Aspire packages", await host.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    private static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", ["exec", Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static async Task<List<string>> ReadUntilAsync(Process host, string? text)
    {
        var lines = new List<string>();
        while (await host.StandardOutput.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            if (text is not null && line.Contains(text, StringComparison.Ordinal))
            {
                return lines;
            }
        }

        return text is null ? lines : throw new InvalidOperationException(string.Join('\n', lines));
    }
}
