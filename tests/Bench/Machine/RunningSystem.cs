using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Partner.Demo;
using Partner.Testing;

namespace Partner.Bench.Machine;

/// <summary>The whole system by its own AppHost, as ./dev up starts it, with ports and credentials that we know.</summary>
internal sealed class RunningSystem : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _appHost;
    private readonly Task _output;

    private RunningSystem(Process appHost, Task output, Uri gateway, Uri sandbox, string partnerToken, ServiceIdentity gatewayIdentity)
    {
        (_appHost, _output, Gateway, GatewayIdentity) = (appHost, output, gateway, gatewayIdentity);
        Backend = PartnerBackend.To(gateway, partnerToken);
        Sandbox = new SandboxAdmin(sandbox);
        Processes = new SystemProcesses(appHost.Id);
        Usage = new Usage(Processes);
    }

    public Uri Gateway { get; }

    public PartnerBackend Backend { get; }

    public SandboxAdmin Sandbox { get; }

    /// <summary>The gateway's own key pair: what presents its tokens is the gateway to a sender.</summary>
    public ServiceIdentity GatewayIdentity { get; }

    public SystemProcesses Processes { get; }

    public Usage Usage { get; }

    public static async Task<RunningSystem> StartAsync()
    {
        var identity = new ServiceIdentity("gateway");
        var token = RandomNumberGenerator.GetHexString(40, lowercase: true);
        var (gateway, sandbox, partner) = (FreePort(), FreePort(), FreePort());
        var output = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var info = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "exec", Path.Combine(output.Parent!.Parent!.FullName, "AppHost", output.Name, "AppHost.dll") },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["Ports__Gateway"] = $"{gateway}",
                ["Ports__Sandbox"] = $"{sandbox}",
                ["Ports__Partner"] = $"{partner}",
                ["Parameters__partner-token"] = token,
                ["Parameters__gateway-private-key"] = identity.PrivateKey,
                ["Parameters__gateway-public-key"] = identity.PublicKey,
                ["RestartEnded"] = "true",
            },
        };
        var process = Process.Start(info)!;
        var log = new StreamWriter(Path.Combine(output.Parent!.Parent!.Parent!.FullName, "bench.log")) { AutoFlush = true };
        var pumps = Task.WhenAll(PumpAsync(process.StandardOutput, log), PumpAsync(process.StandardError, log));
        var system = new RunningSystem(
            process, pumps, new Uri($"http://localhost:{gateway}"), new Uri($"http://localhost:{sandbox}"), token, identity);
        // Also when this process is told to end.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => system.Terminate();
        // The partner starts last: it waits for the gateway and the sandbox.
        await system.WaitForAsync(new Uri($"http://localhost:{partner}/health"));
        return system;
    }

    /// <summary>The address of a service behind the gateway.</summary>
    public Uri AddressOf(string resource) =>
        new(EnvironmentOf(resource)["ASPNETCORE_URLS"].Split(';').First(url => !url.EndsWith($":{ManagementPortOf(resource)}", StringComparison.Ordinal)));

    /// <summary>As kill -9.</summary>
    public static void Kill(Proc process)
    {
        if (SendSignal(process.Id, 9) != 0)
        {
            throw new InvalidOperationException($"{process.Command} ({process.Id}) could not be killed.");
        }
    }

    /// <summary>Whether another process than <paramref name="killed"/> runs in its place, and says that it is healthy.</summary>
    public async Task<bool> IsBackAsync(string resource, Proc killed)
    {
        if (Processes.Find(resource) is not { } now || now.Id == killed.Id)
        {
            return false;
        }

        // A store has no page: those who use it tell whether it is there.
        return resource is "postgres" or "cache"
            || await AnswersAsync(new Uri($"http://localhost:{ManagementPortOf(resource)}/health"));
    }

    public async ValueTask DisposeAsync()
    {
        await Usage.DisposeAsync();
        Backend.Dispose();
        Sandbox.Dispose();
        GatewayIdentity.Dispose();
        Terminate();
        using var timeout = new CancellationTokenSource(StopTimeout);
        await _appHost.WaitForExitAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _output;
    }

    /// <summary>By SIGTERM: it takes its children with it.</summary>
    private void Terminate()
    {
        if (!_appHost.HasExited)
        {
            _ = SendSignal(_appHost.Id, 15);
        }
    }

    private string ManagementPortOf(string resource) => EnvironmentOf(resource)["Management__Port"];

    private IReadOnlyDictionary<string, string> EnvironmentOf(string resource) => ProcFs.Environment(
        (Processes.Find(resource) ?? throw new InvalidOperationException($"There is no process of {resource}.")).Id);

    private async Task WaitForAsync(Uri health)
    {
        var clock = Stopwatch.StartNew();
        while (!await AnswersAsync(health))
        {
            if (_appHost.HasExited || clock.Elapsed > StartTimeout)
            {
                throw new InvalidOperationException("The system did not start; see artifacts/bench.log.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
    }

    private static async Task<bool> AnswersAsync(Uri address)
    {
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
            using var response = await http.GetAsync(address);
            return response.IsSuccessStatusCode;
        }
        catch (Exception none) when (none is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private static async Task PumpAsync(StreamReader reader, StreamWriter log)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (log)
            {
                log.WriteLine(line);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int process, int signal);
}
