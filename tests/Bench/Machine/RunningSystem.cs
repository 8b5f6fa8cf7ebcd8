using System.Runtime.InteropServices;
using Partner.Demo;
using Partner.Testing;

namespace Partner.Bench.Machine;

/// <summary>The whole system by its own AppHost, as `dotnet run --project AppHost` starts it, with ports and credentials that we know.</summary>
internal sealed class RunningSystem : IAsyncDisposable
{
    private readonly AppHostProcess _appHost;

    private RunningSystem(AppHostProcess appHost, ServiceIdentity gatewayIdentity)
    {
        (_appHost, GatewayIdentity) = (appHost, gatewayIdentity);
        Backend = PartnerBackend.To(appHost.Gateway, appHost.PartnerToken);
        Sandbox = new SandboxAdmin(appHost.Sandbox);
        Processes = new SystemProcesses(appHost.Id);
        Usage = new Usage(Processes);
    }

    public Uri Gateway => _appHost.Gateway;

    public PartnerBackend Backend { get; }

    public SandboxAdmin Sandbox { get; }

    /// <summary>The gateway's own key pair: what presents its tokens is the gateway to a sender.</summary>
    public ServiceIdentity GatewayIdentity { get; }

    public SystemProcesses Processes { get; }

    public Usage Usage { get; }

    /// <param name="program">Path of AppHost.dll; null: the one that was built with this.</param>
    public static async Task<RunningSystem> StartAsync(
        string? program = null,
        params IEnumerable<KeyValuePair<string, string>> settings
    )
    {
        var identity = new ServiceIdentity("gateway");
        var output = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        return new RunningSystem(
            await AppHostProcess.StartAsync(
                program ?? Path.Combine(output.Parent!.Parent!.FullName, "AppHost", output.Name, "AppHost.dll"),
                Path.Combine(output.Parent!.Parent!.Parent!.FullName, "bench.log"),
                [
                    new("Parameters__gateway-private-key", identity.PrivateKey),
                    new("Parameters__gateway-public-key", identity.PublicKey),
                    new("RestartEnded", "true"),
                    .. settings,
                ]
            ),
            identity
        );
    }

    /// <summary>The address of a service behind the gateway.</summary>
    public Uri AddressOf(string resource) =>
        new(
            EnvironmentOf(resource)["ASPNETCORE_URLS"]
                .Split(';')
                .First(url => !url.EndsWith($":{ManagementPortOf(resource)}", StringComparison.Ordinal))
        );

    /// <summary>The connection string of a service with a schema.</summary>
    public string DatabaseOf(string resource) => EnvironmentOf(resource)["ConnectionStrings__database"];

    /// <summary>As kill -9.</summary>
    public static void Kill(Proc process) => Signal(process, 9);

    /// <summary>As a cluster ends a pod: SIGTERM.</summary>
    public static void Terminate(Proc process) => Signal(process, 15);

    /// <summary>Whether a replica that is none of <paramref name="before"/> runs, and says that it is healthy.</summary>
    public async Task<bool> IsReplacedAsync(string resource, IReadOnlyList<Proc> before)
    {
        var now = Processes.Replicas(resource);
        var added = now.Where(p => before.All(b => b.Id != p.Id)).ToList();
        return now.Count == before.Count && added.Count == 1 && await IsHealthyAsync(added[0]);
    }

    /// <summary>Whether another process than <paramref name="killed"/> runs in its place, and says that it is healthy.</summary>
    public async Task<bool> IsBackAsync(string resource, Proc killed)
    {
        if (Processes.Find(resource) is not { } now || now.Id == killed.Id)
        {
            return false;
        }

        // A store has no page: those who use it tell whether it is there.
        return resource is "postgres" or "cache" || await IsHealthyAsync(now);
    }

    public async ValueTask DisposeAsync()
    {
        await Usage.DisposeAsync();
        Backend.Dispose();
        Sandbox.Dispose();
        GatewayIdentity.Dispose();
        await _appHost.DisposeAsync();
    }

    private string ManagementPortOf(string resource) => EnvironmentOf(resource)["Management__Port"];

    private IReadOnlyDictionary<string, string> EnvironmentOf(string resource) =>
        ProcFs.Environment(
            (Processes.Find(resource) ?? throw new InvalidOperationException($"There is no process of {resource}.")).Id
        );

    // Before its exec a process has its parent's environment.
    private static async Task<bool> IsHealthyAsync(Proc service) =>
        ProcFs.Environment(service.Id).TryGetValue("Management__Port", out var port)
        && await AppHostProcess.AnswersAsync(new Uri($"http://localhost:{port}/health"));

    private static void Signal(Proc process, int signal)
    {
        if (SendSignal(process.Id, signal) != 0)
        {
            throw new InvalidOperationException($"{process.Command} ({process.Id}) could not be signalled.");
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int process, int signal);
}
