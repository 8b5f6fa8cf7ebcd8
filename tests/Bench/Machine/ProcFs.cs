using System.Globalization;
using System.Text;

namespace Partner.Bench.Machine;

/// <summary>What /proc says of a process (proc(5)).</summary>
/// <param name="OwnCpu">Its own time.</param>
/// <param name="EndedCpu">That of its children that have ended and been waited for.</param>
internal sealed record Proc(int Id, int Parent, string Command, TimeSpan OwnCpu, TimeSpan EndedCpu, long StartedAt);

internal static class ProcFs
{
    // USER_HZ, 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    public static IEnumerable<Proc> All() =>
        Directory
            .EnumerateDirectories("/proc")
            .Select(Path.GetFileName)
            .Where(name => char.IsAsciiDigit(name![0]))
            .Select(name => Read(int.Parse(name!, CultureInfo.InvariantCulture)))
            .OfType<Proc>();

    /// <summary>Null: it has ended.</summary>
    public static Proc? Read(int id)
    {
        // 42 (name with ) and spaces) S 1 ...: what follows the last parenthesis is field 3 and on.
        if (Text(id, "stat") is not { Length: > 0 } stat)
        {
            return null;
        }

        var (open, close) = (stat.IndexOf('('), stat.LastIndexOf(')'));
        var fields = stat[(close + 2)..].Split(' ');
        return new Proc(
            id,
            (int)Number(fields[4 - 3]),
            stat[(open + 1)..close],
            Time(14),
            Time(16),
            Number(fields[22 - 3])
        );

        TimeSpan Time(int field) =>
            TimeSpan.FromSeconds((Number(fields[field - 3]) + Number(fields[field - 2])) / TicksPerSecond);
    }

    public static string[] Arguments(int id) =>
        (Text(id, "cmdline") ?? "").Split('\0', StringSplitOptions.RemoveEmptyEntries);

    public static IReadOnlyDictionary<string, string> Environment(int id) =>
        (Text(id, "environ") ?? "")
            .Split('\0')
            .Select(line => line.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .GroupBy(pair => pair[0])
            .ToDictionary(group => group.Key, group => group.First()[1]);

    /// <summary>Whether it has a file of this name loaded, with every link resolved.</summary>
    public static bool HasLoaded(int id, string path) =>
        (Text(id, "maps") ?? "").Split('\n').Any(line => line.EndsWith($" {path}", StringComparison.Ordinal));

    /// <summary>Lines such as <c>VmHWM: 1234 kB</c>, in bytes.</summary>
    public static IReadOnlyDictionary<string, long> Memory(int id) =>
        (Text(id, "status") ?? "")
            .Split('\n')
            .Where(line => line.EndsWith(" kB", StringComparison.Ordinal))
            .Select(line => line[..^3].Split(':'))
            .ToDictionary(pair => pair[0], pair => Number(pair[1].Trim()) * 1024);

    private static string? Text(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}", Encoding.UTF8);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
