using System.Diagnostics;

namespace Partner.AppHost.Tests;

internal static class Shell
{
    public static async Task RunAsync(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{file} ended with {process.ExitCode}: {error}");
    }
}
