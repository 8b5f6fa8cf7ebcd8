using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Partner.Testing;
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
            .. issued
                .Secrets.Where(pair => pair.Value != "client-secret")
                .Select(pair => new Secret(pair.Value, pair.Key)),
        ];
        Assert.Superset(
            new HashSet<string>([
                "code",
                "verifier",
                "access-token",
                "refresh-token",
                "api-key",
                "ingest-key",
                "state",
                "connect-session",
            ]),
            secrets.Select(secret => secret.Name).ToHashSet()
        );

        var found = await SearchAsync(new Needles(secrets.Append(system.Planted.Control)), flow);
        var control = found
            .Where(finding => finding.Name == system.Planted.Control.Name)
            .Select(finding => finding.Place)
            .ToHashSet();
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
            .. await Places.InLogsAsync(
                needles,
                system.App.Services.GetRequiredService<ResourceLoggerService>(),
                Instances
            ),
            .. Places.InFolder(needles, Places.Dashboard, DashboardFolder).Where(finding => !IsStartedWith(finding)),
            .. Places.InFolder(needles, Places.Orchestrator, Orchestrator.Folder()),
            .. Places.InTelemetry(needles, system.Telemetry),
            .. await Places.InRowsAsync(needles, postgres),
            .. await Places.InFilesAsync(needles, postgres),
            .. await Places.InCacheAsync(needles, cache),
            .. Processes().SelectMany(process => Places.InProcess(needles, process.Name, process.Pid)),
            .. Places
                .InAddresses(needles, flow.Visited.Append(ControlAddress))
                .Where(finding => !BelongsThere(finding)),
        ];
    }

    // The dashboard shows with what each process was started, and has that in its database for as long as it runs.
    private bool IsStartedWith(Finding finding) =>
        system.Planted.Secrets.Any(secret => secret.Name == finding.Name && secret.Holders.Count > 0);

    // A code and a state are in the address that they came with, a session in its link; the page after has none.
    private static bool BelongsThere(Finding finding) =>
        (finding.Name, finding.Where)
            is
                ("connect-session", "/connect")
                or
                ("state", "/oauth2/v1/authorize")
                or
                ("state" or "code", "/oauth/callback");

    private Uri ControlAddress => new(system.Gateway, $"connect?control={system.Planted.Control.Value}");

    /// <summary>The process of the control has written its line; the demo's tenant bears its name, hence rows and files.</summary>
    private async Task PlantControlAsync()
    {
        var control = system.Planted.Control.Value;
        using var traced = await system.Http.GetAsync(new Uri(system.Gateway, $"api/v9/{control}"));
        foreach (var signal in new[] { "traces", "logs", "metrics" })
        {
            using var content = new StringContent(control);
            using var answer = await system.Http.PostAsync(
                new Uri(system.Telemetry.Address, $"{Planted.ControlProcess}/v1/{signal}"),
                content
            );
        }

        using var logged = new StringContent(
            $$$"""
            {"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"{{{Planted.ControlProcess}}}"}}]},
             "scopeLogs":[{"logRecords":[{"body":{"stringValue":"{{{control}}}"}}]}]}]}
            """,
            System.Text.Encoding.UTF8,
            "application/json"
        );
        using var kept = await system.Http.PostAsync(new Uri(system.Dashboard.Receiver, "v1/logs"), logged);
        Assert.True(kept.IsSuccessStatusCode, await kept.Content.ReadAsStringAsync());
        // Of this run alone: nothing of it is kept for later runs.
        Assert.StartsWith(Path.GetTempPath(), DashboardFolder.FullName, StringComparison.Ordinal);
        await Until.AnsweredAsync(
            () =>
                Task.FromResult(
                    Places.InFolder(new Needles([system.Planted.Control]), Places.Dashboard, DashboardFolder)
                ),
            found => found.Any()
        );

        using var redis = await ConnectionMultiplexer.ConnectAsync(
            (await system.App.GetConnectionStringAsync("cache"))!
        );
        Assert.Contains(redis.GetServer(redis.GetEndPoints()[0]).Keys(), key => key != "canary");
        await redis.GetDatabase().HashSetAsync("canary", "control", control, When.Always);
        await redis.GetDatabase().KeyExpireAsync("canary", TimeSpan.FromMinutes(5));
    }

    private DirectoryInfo DashboardFolder =>
        Dashboard.FolderOf(system.Instances.ProcessOf(system.Instances.Of(Dashboard.Resource)[0])!);

    private IEnumerable<string> Instances => system.Resources.SelectMany(system.Instances.Of);

    /// <summary>All of them, but a container's files and processes are out of sight.</summary>
    private IEnumerable<string> ControlPlaces()
    {
        string[] everywhere =
        [
            Places.Log,
            Places.Telemetry,
            Places.Row,
            Places.Cache,
            Places.Process,
            Places.Address,
            Places.Dashboard,
            Places.Orchestrator,
        ];
        return system.Instances.ProcessOf(system.Instances.Of("postgres")[0]) is null
            ? everywhere
            : [.. everywhere, Places.File];
    }

    /// <summary>Every process of the run; a container's is out of sight.</summary>
    private IEnumerable<(string Name, string Pid)> Processes() =>
        from name in system.Resources
        from instance in system.Instances.Of(name)
        let pid = system.Instances.ProcessOf(instance)
        where pid is not null && Directory.Exists($"/proc/{pid}")
        select (name, pid);
}
