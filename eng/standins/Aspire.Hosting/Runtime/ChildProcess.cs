using System.Diagnostics;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Runtime;

/// <summary>
/// A process in a session of its own: Ctrl+C in the terminal reaches the AppHost alone, and a signal to the group
/// reaches whatever the child has started. setsid execs in place, so the process id is the program's own.
/// </summary>
internal sealed class ChildProcess
{
    private readonly Process _process;

    private ChildProcess(Process process, Action<string> log)
    {
        _process = process;
        process.StandardInput.Close();
        var pumps = Task.WhenAll(PumpAsync(process.StandardOutput, log), PumpAsync(process.StandardError, log));
        Exited = ExitAsync(pumps);
    }

    public int Id => _process.Id;

    /// <summary>The exit code; 128 and the signal's number where a signal has ended it.</summary>
    public Task<int> Exited { get; }

    public static ChildProcess Start(LaunchPlan plan, Dictionary<string, string> environment, Action<string> log)
    {
        var info = new ProcessStartInfo(Find("setsid"))
        {
            WorkingDirectory = Directory.Exists(plan.WorkingDirectory)
                ? plan.WorkingDirectory
                : throw new DistributedApplicationException($"There is no folder {plan.WorkingDirectory} to run in."),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.ArgumentList.Add(Find(plan.Command, plan.WorkingDirectory));
        foreach (var argument in plan.Arguments)
        {
            info.ArgumentList.Add(argument);
        }

        info.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        return new ChildProcess(Process.Start(info)!, log);
    }

    public static string Find(string command, string workingDirectory = "/")
    {
        var candidates = command.Contains('/', StringComparison.Ordinal)
            ? [Path.GetFullPath(command, workingDirectory)]
            : $"{Environment.GetEnvironmentVariables()["PATH"]}:/usr/sbin:/sbin".Split(':').Select(d => Path.Combine(d, command));
        return candidates.FirstOrDefault(File.Exists)
            ?? throw new DistributedApplicationException($"The program '{command}' is not installed, or not on the PATH.");
    }

    public async Task StopAsync(int signal, TimeSpan grace)
    {
        if (!Exited.IsCompleted)
        {
            Signals.Send(Id, signal);
            await Task.WhenAny(Exited, Task.Delay(grace));
        }

        // Also after an orderly end: what the program has left behind in its group goes too.
        Signals.SendToGroup(Id, Signals.Kill);
        await Exited;
    }

    private async Task<int> ExitAsync(Task pumps)
    {
        await _process.WaitForExitAsync();
        // The last lines; bounded, since a grandchild may hold the pipe open.
        await Task.WhenAny(pumps, Task.Delay(TimeSpan.FromMilliseconds(200)));
        return _process.ExitCode;
    }

    private static async Task PumpAsync(StreamReader reader, Action<string> log)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            log(line);
        }
    }
}
