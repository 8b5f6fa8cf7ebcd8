using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Partner.Testing;

/// <summary>
/// A process of its own, started for a test and ended with it. Own code beside Testcontainers, which needs an engine.
/// </summary>
internal sealed class LocalProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _output = [];

    private LocalProcess(ProcessStartInfo info)
    {
        _process = new Process { StartInfo = info };
        _process.OutputDataReceived += (_, e) => Remember(e.Data);
        _process.ErrorDataReceived += (_, e) => Remember(e.Data);
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join('\n', _output);
            }
        }
    }

    // For messages: a server may have said much before.
    private string LastOutput => string.Join('\n', Output.Split('\n').TakeLast(40));

    public static LocalProcess Start(string file, params IEnumerable<string> arguments) => Start(file, arguments, []);

    /// <param name="settings">Configuration, as its environment.</param>
    public static LocalProcess Start(
        string file,
        IEnumerable<string> arguments,
        IEnumerable<KeyValuePair<string, string?>> settings
    )
    {
        var info = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var (name, value) in settings)
        {
            info.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        var process = new LocalProcess(info);
        process._process.Start();
        process._process.BeginOutputReadLine();
        process._process.BeginErrorReadLine();
        // The test host may be ended without being asked; its servers must not stay behind.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => process.Kill();
        return process;
    }

    /// <summary>The first of these programs that is installed.</summary>
    public static string Find(string program, params string[] folders) =>
        folders
            .Concat((Environment.GetEnvironmentVariables()["PATH"] as string ?? "").Split(':'))
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"{program} is not installed; ./dev setup installs it.");

    public async Task<int> ExitAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits until something listens on the port.</summary>
    /// <exception cref="InvalidOperationException">The process has ended before.</exception>
    public async Task WaitForPortAsync(int port)
    {
        await Until.TrueAsync(async () => HasExited || await ListensAsync(port));
        if (HasExited)
        {
            throw new InvalidOperationException($"The server did not start:\n{LastOutput}");
        }
    }

    private static async Task<bool> ListensAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public void Kill()
    {
        try
        {
            _process.Kill();
            _process.WaitForExit();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private void Remember(string? line)
    {
        lock (_output)
        {
            _output.Add(line ?? "");
        }
    }
}
