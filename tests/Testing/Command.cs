using System.Diagnostics;

namespace Partner.Testing;

/// <summary>A program that runs to its end.</summary>
internal static class Command
{
    /// <returns>What it printed, without white space around it.</returns>
    /// <exception cref="InvalidOperationException">It failed; the message has what it said.</exception>
    public static Task<string> RunAsync(string program, params IEnumerable<string> arguments) =>
        RunAsync(program, arguments, []);

    /// <inheritdoc cref="RunAsync(string, IEnumerable{string})"/>
    public static async Task<string> RunAsync(
        string program,
        IEnumerable<string> arguments,
        IEnumerable<KeyValuePair<string, string>> environment,
        string folder = "/"
    )
    {
        string[] all = [.. arguments];
        var (exitCode, output, error) = await TryAsync(program, all, environment, folder);
        return exitCode == 0
            ? output.Trim()
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', all)} ended with {exitCode}:\n{output}\n{error}"
            );
    }

    public static Task<(int ExitCode, string Output, string Error)> TryAsync(
        string program,
        params IEnumerable<string> arguments
    ) => TryAsync(program, arguments, []);

    /// <param name="folder">Where it runs: by default one that every user may be in.</param>
    public static async Task<(int ExitCode, string Output, string Error)> TryAsync(
        string program,
        IEnumerable<string> arguments,
        IEnumerable<KeyValuePair<string, string>> environment,
        string folder = "/"
    )
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
