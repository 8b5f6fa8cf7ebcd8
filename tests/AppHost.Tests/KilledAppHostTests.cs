using System.Diagnostics;
using System.Globalization;
using System.Text;
using Partner.Testing;

namespace Partner.AppHost.Tests;

/// <summary>An AppHost that is killed leaves no process and no data behind.</summary>
[Collection(OtherSystems.Name)]
public sealed class KilledAppHostTests
{
    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    public async Task NothingIsLeftOfAnAppHostThatWasKilled()
    {
        var info = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "AppHost.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["DOTNET_ENVIRONMENT"] = "Development",
                ["Dashboard"] = "false",
                ["Containers"] = "false",
            },
        };
        using var appHost = Process.Start(info)!;
        _ = appHost.StandardOutput.ReadToEndAsync();
        _ = appHost.StandardError.ReadToEndAsync();
        try
        {
            // The orchestrator starts a process of its own for each, and its own in between.
            var begun = new Dictionary<int, string>();
            await UntilEmptyAsync(() =>
            {
                Descendants(appHost.Id).ToList().ForEach(process => begun[process.Key] = process.Value);
                return Programs.Where(program =>
                    !begun.Values.Any(command => command.Contains(program, StringComparison.Ordinal))
                );
            });
            var folder = Assert.Single(Directory.GetDirectories(Path.GetTempPath(), $"datadog-aspire-{appHost.Id}-*"));
            Assert.True(File.Exists(Path.Combine(folder, "postgres", "postmaster.pid")));

            appHost.Kill();
            await UntilEmptyAsync(() =>
                begun.Where(process => Directory.Exists($"/proc/{process.Key}")).Select(process => process.Value)
            );
            await UntilEmptyAsync(() => Directory.Exists(folder) ? [folder] : []);
        }
        finally
        {
            appHost.Kill();
        }
    }

    private static readonly string[] Programs =
    [
        "Gateway.dll",
        "Auth.dll",
        "CredentialVault.dll",
        "SiteRouter.dll",
        "Logs.dll",
        "Traces.dll",
        "Incidents.dll",
        "Sandbox.dll",
        "redis-server",
        "postgres",
    ];

    /// <summary>Process ids and commands of all that a process has begun, itself, and what these have begun.</summary>
    private static Dictionary<int, string> Descendants(int of)
    {
        var all = new List<(int Id, int Parent, string Command)>();
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(folder), out var id))
                {
                    // The second field, in brackets, may hold anything.
                    var stat = File.ReadAllText(Path.Combine(folder, "stat"));
                    var parent = int.Parse(
                        stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1],
                        CultureInfo.InvariantCulture
                    );
                    all.Add(
                        (
                            id,
                            parent,
                            File.ReadAllText(Path.Combine(folder, "cmdline"), Encoding.Latin1).Replace('\0', ' ')
                        )
                    );
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException) { }
        }

        // The orchestrator is detached, and says whose it is.
        var found = all.Where(p => p.Id == of || p.Command.Contains($"--monitor {of} ", StringComparison.Ordinal))
            .ToDictionary(p => p.Id, p => p.Command);
        for (var before = 0; before != found.Count; )
        {
            before = found.Count;
            foreach (var (id, _, command) in all.Where(p => found.ContainsKey(p.Parent)))
            {
                found[id] = command;
            }
        }

        return found;
    }

    // What is missing, or left.
    private static Task UntilEmptyAsync(Func<IEnumerable<string>> names) =>
        Until.AnsweredAsync(() => string.Join('\n', names()), left => left.Length == 0);
}

/// <summary>Whole systems of their own: one at a time, and none beside the one that all other tests share.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OtherSystems
{
    public const string Name = "other systems";
}
