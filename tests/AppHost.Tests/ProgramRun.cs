using System.Diagnostics;
using System.Text.Json;
using Partner.Testing;

namespace Partner.AppHost.Tests;

/// <summary>A program of this repository that starts a whole system of its own and prints one line of JSON.</summary>
internal static class ProgramRun
{
    /// <summary>Debug or release, as these tests are.</summary>
    public static string PathOf(string program) =>
        Repository.PathOf(
            "artifacts",
            "bin",
            program,
            Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')),
            $"{program}.dll"
        );

    /// <summary>What it printed; its exit code is 0.</summary>
    public static async Task<JsonDocument> OfAsync(string program, TimeSpan limit, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", ["exec", PathOf(program), .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["DOTNET_ENVIRONMENT"] = "Development", ["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true" },
            }
        )!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var timeout = new CancellationTokenSource(limit);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        finally
        {
            if (!process.HasExited)
            {
                // It takes its system with it.
                using var end = Process.Start("kill", ["-TERM", $"{process.Id}"]);
            }
        }

        Assert.True(process.ExitCode == 0, $"{await output}\n{await error}");
        return JsonDocument.Parse(await output);
    }
}
