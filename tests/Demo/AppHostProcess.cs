using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Partner.Demo;

/// <summary>The whole system by its own AppHost, with ports and a credential that are known here.</summary>
public sealed class AppHostProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(60);
    private const int Terminated = 15;
    private const int EndedBySignal = 128 + Terminated;

    private readonly Process _process;
    private readonly Task _output;
    private readonly string _log;
    private readonly EventHandler _onExit;
    private IReadOnlyList<PosixSignalRegistration> _signals = [];

    private AppHostProcess(Process process, string log, int gateway, int sandbox, string partnerToken)
    {
        (_process, _log, PartnerToken) = (process, log, partnerToken);
        _onExit = (_, _) => Terminate();
        (Gateway, Sandbox) = (new Uri($"http://localhost:{gateway}"), new Uri($"http://localhost:{sandbox}"));
        var writer = new StreamWriter(log) { AutoFlush = true };
        _output = Task.WhenAll(CopyAsync(process.StandardOutput, writer), CopyAsync(process.StandardError, writer));
    }

    public int Id => _process.Id;

    public Uri Gateway { get; }

    public Uri Sandbox { get; }

    public string PartnerToken { get; }

    /// <param name="program">Path of AppHost.dll.</param>
    /// <param name="log">What it writes goes into this file.</param>
    /// <param name="settings">Its configuration, as environment variables.</param>
    /// <exception cref="InvalidOperationException">It did not start.</exception>
    public static async Task<AppHostProcess> StartAsync(
        string program,
        string log,
        params IEnumerable<KeyValuePair<string, string>> settings
    )
    {
        var token = RandomNumberGenerator.GetHexString(40, lowercase: true);
        var (gateway, sandbox, partner) = (FreePort(), FreePort(), FreePort());
        var info = new ProcessStartInfo("dotnet", ["exec", program])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["Ports__Gateway"] = $"{gateway}",
                ["Ports__Sandbox"] = $"{sandbox}",
                ["Ports__Partner"] = $"{partner}",
                ["Parameters__partner-token"] = token,
                ["Dashboard"] = "false",
            },
        };
        foreach (var (name, value) in settings)
        {
            info.Environment[name] = value;
        }

        var appHost = new AppHostProcess(Process.Start(info)!, log, gateway, sandbox, token);
        // Also when this process is told to end.
        AppDomain.CurrentDomain.ProcessExit += appHost._onExit;
        // A signal alone would end it without that event, and a host within it would take the signal for itself.
        appHost._signals =
        [
            .. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP }.Select(signal =>
                PosixSignalRegistration.Create(signal, _ => Environment.Exit(EndedBySignal))
            ),
        ];
        // The partner starts last: it waits for all others.
        await appHost.WaitForAsync(new Uri($"http://localhost:{partner}/health"));
        return appHost;
    }

    public async ValueTask DisposeAsync()
    {
        Terminate();
        using var timeout = new CancellationTokenSource(StopTimeout);
        await _process.WaitForExitAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _output;
        AppDomain.CurrentDomain.ProcessExit -= _onExit;
        foreach (var signal in _signals)
        {
            signal.Dispose();
        }

        _process.Dispose();
    }

    public static async Task<bool> AnswersAsync(Uri address)
    {
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
            {
                Timeout = TimeSpan.FromSeconds(5),
            };
            using var response = await http.GetAsync(address);
            return response.IsSuccessStatusCode;
        }
        catch (Exception none) when (none is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private async Task WaitForAsync(Uri health)
    {
        var clock = Stopwatch.StartNew();
        while (!await AnswersAsync(health))
        {
            if (_process.HasExited || clock.Elapsed > StartTimeout)
            {
                throw new InvalidOperationException($"The system did not start; see {_log}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
    }

    /// <summary>By SIGTERM: it takes its children with it.</summary>
    private void Terminate()
    {
        if (!_process.HasExited)
        {
            _ = SendSignal(_process.Id, Terminated);
        }
    }

    private static async Task CopyAsync(StreamReader reader, StreamWriter log)
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
