using System.Diagnostics;
using System.Globalization;

namespace Partner.StandIns.Tests;

internal static class Processes
{
    public static bool Exists(int id) => Directory.Exists($"/proc/{id}");

    public static void Kill(int id)
    {
        using var process = Process.GetProcessById(id);
        process.Kill();
    }

    /// <summary>The processes whose parent this is. In /proc/x/stat the parent is the second field after the name.</summary>
    public static int[] ChildrenOf(int id) =>
    [
        .. Directory.GetDirectories("/proc").Select(Path.GetFileName).OfType<string>()
            .Where(name => char.IsAsciiDigit(name[0]))
            .Select(name => int.Parse(name, CultureInfo.InvariantCulture))
            .Where(child => ParentOf(child) == id),
    ];

    private static int ParentOf(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
