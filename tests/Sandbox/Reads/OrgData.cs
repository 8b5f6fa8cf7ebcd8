using System.Globalization;
using Partner.Sandbox.OAuth;

namespace Partner.Sandbox.Reads;

/// <summary>What is in an org to be read: made up, the same at each call, and different from org to org.</summary>
internal static class OrgData
{
    private const string Time = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
    private static readonly DateTimeOffset Created = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static IReadOnlyList<Monitor> Monitors(Org org, int rows) =>
        [
            .. Numbers(rows)
                .Select(n => new Monitor(
                    n,
                    $"{org.Name} monitor {n}",
                    "metric alert",
                    $"avg(last_5m):avg:demo.metric_{n:00}{{*}} > {n}",
                    "Sandbox",
                    ["env:sandbox"],
                    "OK",
                    At(n)
                )),
        ];

    public static IReadOnlyList<Dashboard> Dashboards(Org org, int rows) =>
        [
            .. Numbers(rows)
                .Select(n => new Dashboard(
                    Id(org, n),
                    $"{org.Name} dashboard {n}",
                    "",
                    "ordered",
                    $"/dashboard/{Id(org, n)}",
                    false,
                    At(n)
                )),
        ];

    public static IReadOnlyList<Metric> Metrics(Org org, int rows) =>
        [.. Numbers(rows).Select(n => new Metric("metrics", $"demo.{Slug(org)}.metric_{n:00}"))];

    public static IReadOnlyList<LogEvent> Logs(Org org, int rows) =>
        [
            .. Numbers(rows)
                .Select(n => new LogEvent(
                    $"{org.Id}-{n:00}",
                    "log",
                    new LogAttributes(At(n), "info", "sandbox", $"{org.Name} log {n}", ["env:sandbox"])
                )),
        ];

    private static IEnumerable<int> Numbers(int rows) => Enumerable.Range(1, rows);

    private static string At(int n) => Created.AddHours(n).ToString(Time, CultureInfo.InvariantCulture);

    private static string Id(Org org, int n) => $"{Slug(org)[..3]}-{org.Oid[^3..]}-{n:000}";

    private static string Slug(Org org) =>
        string.Concat($"{org.Name}___".ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
}

internal sealed record Monitor(
    int Id,
    string Name,
    string Type,
    string Query,
    string Message,
    IReadOnlyList<string> Tags,
    string OverallState,
    string Created
);

internal sealed record Dashboard(
    string Id,
    string Title,
    string Description,
    string LayoutType,
    string Url,
    bool IsReadOnly,
    string CreatedAt
);

internal sealed record Metric(string Type, string Id);

internal sealed record LogEvent(string Id, string Type, LogAttributes Attributes);

internal sealed record LogAttributes(
    string Timestamp,
    string Status,
    string Service,
    string Message,
    IReadOnlyList<string> Tags
);
