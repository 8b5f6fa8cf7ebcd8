using System.Globalization;

namespace Partner.AppHost.Tests.Canary;

/// <summary>Aspire's orchestrator (DCP) of this test's run.</summary>
internal static class Orchestrator
{
    /// <summary>Its session folder. The path stands in the arguments of the process that watches over this one.</summary>
    public static DirectoryInfo Folder()
    {
        var watched = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var configuration =
            from process in Directory.EnumerateDirectories("/proc")
            where char.IsAsciiDigit(Path.GetFileName(process)[0])
            let arguments = ArgumentsOf(process)
            where After(arguments, "--monitor") == watched
            select After(arguments, "--kubeconfig");
        return new FileInfo(configuration.OfType<string>().First()).Directory!;
    }

    private static string? After(string[] arguments, string name) =>
        Array.IndexOf(arguments, name) is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : null;

    private static string[] ArgumentsOf(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Split('\0');
        }
        catch (IOException)
        {
            // It has ended.
            return [];
        }
    }
}
