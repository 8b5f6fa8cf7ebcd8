using System.Diagnostics;
using System.Globalization;

namespace Partner.StandIns.Tests;

internal static class Processes
{
    /// <summary>A process that nobody has reaped yet has ended all the same.</summary>
    public static bool Exists(int id) => Stat(id) is { } stat && stat[0] != "Z";

    public static void Kill(int id)
    {
        using var process = Process.GetProcessById(id);
        process.Kill();
    }

    /// <summary>The processes whose parent this is.</summary>
    public static int[] ChildrenOf(int id) =>
    [
        .. Directory.GetDirectories("/proc").Select(Path.GetFileName).OfType<string>()
            .Where(name => char.IsAsciiDigit(name[0]))
            .Select(name => int.Parse(name, CultureInfo.InvariantCulture))
            .Where(child => ParentOf(child) == id),
    ];

    private static int ParentOf(int id) => Stat(id) is { } stat ? int.Parse(stat[1], CultureInfo.InvariantCulture) : 0;

    // The fields after the name, which is in parentheses: state, parent ...
    private static string[]? Stat(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
