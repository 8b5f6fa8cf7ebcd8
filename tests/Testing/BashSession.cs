using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Partner.Testing;

/// <summary>The commands of a page, as a reader types them: one shell, which ends at the first that fails.</summary>
public sealed partial class BashSession : IDisposable
{
    private const string End = "--end-of-block--";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _bash;
    private readonly List<string> _errors = [];

    public BashSession(string? folder = null, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("bash", ["-eu", "-o", "pipefail"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        _bash = Process.Start(start)!;
        _bash.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.Add(line.Data ?? "");
            }
        };
        _bash.BeginErrorReadLine();
    }

    /// <summary>Whether a program is installed.</summary>
    public static async Task<bool> HasAsync(string program)
    {
        try
        {
            using var found = Process.Start(
                new ProcessStartInfo(program, "--version") { RedirectStandardOutput = true }
            )!;
            await found.StandardOutput.ReadToEndAsync();
            await found.WaitForExitAsync();
            return found.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    /// <summary>The blocks of commands in a page of Markdown.</summary>
    public static string[] BlocksOf(string page) => [.. Block().Matches(page).Select(m => m.Groups[1].Value)];

    /// <returns>What the block printed.</returns>
    /// <exception cref="InvalidOperationException">A command of it failed, which ended the shell.</exception>
    public async Task<string> RunAsync(string block)
    {
        // In braces it is read whole before it runs, so that no command can take the next one for its input.
        await _bash.StandardInput.WriteAsync($"{{\n{block}\n}} </dev/null\nprintf '\\n{End}\\n'\n");
        await _bash.StandardInput.FlushAsync();
        var lines = new List<string>();
        while (await _bash.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            if (line == End)
            {
                return string.Join('\n', lines);
            }

            lines.Add(line);
        }

        throw new InvalidOperationException(
            $"The shell ended in:\n{block}\n{string.Join('\n', lines)}\n{string.Join('\n', _errors)}"
        );
    }

    public void Dispose()
    {
        if (!_bash.HasExited)
        {
            _bash.Kill(entireProcessTree: true);
        }

        _bash.Dispose();
    }

    [GeneratedRegex("^```sh\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}
