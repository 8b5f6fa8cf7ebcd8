using System.Text.RegularExpressions;

namespace Partner.Solution.Tests.Tile;

internal static partial class MetricQuery
{
    /// <summary>The metrics of queries such as <c>sum:queue.depth{$env} by {queue}</c>.</summary>
    public static IReadOnlyList<string> Metrics(string query) =>
        [.. Metric().Matches(query).Select(m => m.Groups[1].Value)];

    [GeneratedRegex(@"\b(?:avg|sum|min|max|count):([A-Za-z][\w.]*)\{")]
    private static partial Regex Metric();
}
