using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Partner.Testing;

/// <summary>A server process of Debian's, started for a test and ended with it.</summary>
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
                return string.Join('\n', _output.TakeLast(40));
            }
        }
    }

    public static LocalProcess Start(string file, params IEnumerable<string> arguments)
    {
        var process = new LocalProcess(new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        });
        process._process.Start();
        process._process.BeginOutputReadLine();
        process._process.BeginErrorReadLine();
        // The test host may be ended without being asked; its servers must not stay behind.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => process.Kill();
        return process;
    }

    /// <summary>Runs to the end; throws with the output if it fails.</summary>
    public static async Task RunAsync(string file, params IEnumerable<string> arguments)
    {
        using var process = Start(file, arguments);
        await process._process.WaitForExitAsync();
        if (process._process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{file} ended with {process._process.ExitCode}:\n{process.Output}");
        }
    }

    /// <summary>The first of these programs that is installed.</summary>
    public static string Find(string program, params string[] folders) =>
        folders.Concat((Environment.GetEnvironmentVariables()["PATH"] as string ?? "").Split(':'))
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"{program} is not installed; ./dev test installs it.");

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits until something listens on the port, or the process has ended.</summary>
    public async Task WaitForPortAsync(int port)
    {
        for (var i = 0; i < 600; i++)
        {
            if (HasExited)
            {
                break;
            }

            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50);
            }
        }

        throw new InvalidOperationException($"The server did not start:\n{Output}");
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
