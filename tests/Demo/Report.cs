using System.Text.Json;

namespace Partner.Demo;

/// <summary>The cells as a table, and as one line of JSON.</summary>
internal static class Report
{
    private const string Unsupported = "-";

    public static void Print(TextWriter output, IEnumerable<Cell> cells, long elsewhere)
    {
        output.WriteLine($"{"site", -9}{"type", -16}{"accepted", 9}{"delivered", 11}{"median ms", 13}");
        foreach (var cell in cells)
        {
            var (accepted, delivered, ms) = cell.Supported
                ? ($"{cell.Accepted}", $"{cell.Delivered}", $"{cell.Milliseconds:F0}")
                : (Unsupported, Unsupported, "unsupported");
            var verdict = cell.IsWhole ? "" : "  NOT WHOLE";
            output.WriteLine($"{cell.Site.Name, -9}{cell.Type, -16}{accepted, 9}{delivered, 11}{ms, 13}{verdict}");
        }

        output.WriteLine($"elsewhere: {elsewhere}");
    }

    public static string ToJson(IEnumerable<Cell> cells, long elsewhere, bool ok) =>
        JsonSerializer.Serialize(
            new
            {
                sites = cells.GroupBy(c => c.Site.Key).ToDictionary(s => s.Key, s => s.ToDictionary(c => c.Type, Of)),
                elsewhere,
                ok,
            }
        );

    private static object Of(Cell cell) =>
        new
        {
            accepted = cell.Accepted,
            delivered = cell.Delivered,
            ms = Math.Round(cell.Milliseconds, 1),
            supported = cell.Supported,
        };
}
