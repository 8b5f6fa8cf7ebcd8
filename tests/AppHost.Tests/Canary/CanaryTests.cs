using Aspire.Hosting.Testing;
using StackExchange.Redis;

namespace Partner.AppHost.Tests.Canary;

/// <summary>
/// No secret is anywhere but where it belongs: everything that the system wrote is searched for every secret that there
/// was. The search has to find a control in each place first.
/// </summary>
public class CanaryTests(WholeSystem system)
{
    [Fact]
    [Trait("security", "29")]
    [Trait("security", "30")]
    [Trait("security", "32")]
    public async Task NoSecretIsWhereItDoesNotBelong()
    {
        using var flow = new FaultyFlow(system);
        await flow.RunAsync();
        await PlantControlAsync();
        await system.Telemetry.CatchUpAsync();
        var issued = await system.Sandbox.IssuedAsync();
        List<Secret> secrets =
        [
            .. system.Planted.Secrets,
            .. flow.Secrets,
            .. issued.Secrets.Where(pair => pair.Value != "client-secret").Select(pair => new Secret(pair.Value, pair.Key)),
        ];
        Assert.Superset(
            new HashSet<string>(["code", "verifier", "access-token", "refresh-token", "api-key", "ingest-key", "state", "connect-session"]),
            secrets.Select(secret => secret.Name).ToHashSet());

        var found = await SearchAsync(new Needles(secrets.Append(system.Planted.Control)), flow);
        var control = found.Where(finding => finding.Name == system.Planted.Control.Name).Select(finding => finding.Place).ToHashSet();
        Assert.Superset(new HashSet<string>(ControlPlaces()), control);
        var leaks = found.Where(finding => finding.Name != system.Planted.Control.Name).Distinct().ToList();
        Assert.True(leaks.Count == 0, string.Join('\n', leaks));
        Assert.Equal([], issued.InAddresses);
    }

    private async Task<List<Finding>> SearchAsync(Needles needles, FaultyFlow flow)
    {
        var postgres = (await system.App.GetConnectionStringAsync("postgres"))!;
        var cache = (await system.App.GetConnectionStringAsync("cache"))!;
        return
        [
            .. LogFolder() is { } folder ? Places.InLogs(needles, folder) : [],
            .. Places.InTelemetry(needles, system.Telemetry),
            .. await Places.InRowsAsync(needles, postgres),
            .. await Places.InFilesAsync(needles, postgres),
            .. await Places.InCacheAsync(needles, cache),
            .. (await ProcessesAsync()).SelectMany(process => Places.InProcess(needles, process.Name, process.Pid)),
            .. Places.InAddresses(needles, flow.Visited.Append(ControlAddress)).Where(finding => !BelongsThere(finding)),
        ];
    }

    // A code and a state are in the address that they came with, a session in its link; the page after has none.
    private static bool BelongsThere(Finding finding) => (finding.Name, finding.Where) is
        ("connect-session", "/connect")
        or ("state", "/oauth2/v1/authorize")
        or ("state" or "code", "/oauth/callback");

    private Uri ControlAddress => new(system.Gateway, $"connect?control={system.Planted.Control.Value}");

    /// <summary>The process of the control has written its line; the demo's tenant bears its name, hence rows and files.</summary>
    private async Task PlantControlAsync()
    {
        var control = system.Planted.Control.Value;
        using var traced = await system.Http.GetAsync(new Uri(system.Gateway, $"api/v9/{control}"));
        foreach (var signal in new[] { "traces", "logs", "metrics" })
        {
            using var content = new StringContent(control);
            using var answer = await system.Http.PostAsync(new Uri(system.Telemetry.Address, $"{Planted.ControlProcess}/v1/{signal}"), content);
        }

        using var redis = await ConnectionMultiplexer.ConnectAsync((await system.App.GetConnectionStringAsync("cache"))!);
        Assert.Contains(redis.GetServer(redis.GetEndPoints()[0]).Keys(), key => key != "canary");
        await redis.GetDatabase().HashSetAsync("canary", "control", control, When.Always);
        await redis.GetDatabase().KeyExpireAsync("canary", TimeSpan.FromMinutes(5));
    }

    /// <summary>With the genuine packages a resource's lines are in its container or in the orchestrator's own files.</summary>
    private static string? LogFolder()
    {
        var logs = Testing.Repository.PathOf("artifacts", "logs");
        return Directory.Exists(logs)
            ? Directory.EnumerateDirectories(logs, $"*-{Environment.ProcessId}-*").Order(StringComparer.Ordinal).LastOrDefault()
            : null;
    }

    private IEnumerable<string> ControlPlaces()
    {
        string[] everywhere = [Places.Telemetry, Places.Row, Places.Cache, Places.Process, Places.Address];
        return LogFolder() is null ? everywhere : [.. everywhere, Places.Log, Places.File];
    }

    /// <summary>Every process of the run; a container's is out of sight.</summary>
    private async Task<List<(string Name, string Pid)>> ProcessesAsync()
    {
        var processes = new List<(string, string)>();
        foreach (var name in system.Resources)
        {
            if (await system.ProcessOfAsync(name) is { } pid && Directory.Exists($"/proc/{pid}"))
            {
                processes.Add((name, pid));
            }
        }

        return processes;
    }
}
