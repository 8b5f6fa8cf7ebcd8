using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Partner.Solution.Tests.Tile;

/// <summary>metadata.csv (datadog-facts 5.4, 5.5).</summary>
public partial class MetricsMetadataTests
{
    private const int DescriptionLength = 400;

    private static readonly string[] Columns =
    [
        "metric_name",
        "metric_type",
        "interval",
        "unit_name",
        "per_unit_name",
        "description",
        "orientation",
        "integration",
        "short_name",
        "curated_metric",
        "sample_tags",
    ];

    private static readonly IReadOnlyList<IReadOnlyList<string>> Lines = Csv.Read("metadata.csv");
    private static readonly string Prefix = TileFile.Text(TileFile.Manifest, "assets/integration/metrics/prefix");

    private static readonly IReadOnlyList<Dictionary<string, string>> Rows =
    [
        .. Lines.Skip(1).Select(line => Columns.Zip(line).ToDictionary(c => c.First, c => c.Second)),
    ];

    /// <summary>The metrics that dashboards and monitors may ask for.</summary>
    internal static IReadOnlyList<string> Names { get; } = [.. Rows.Select(r => r["metric_name"])];

    [Fact]
    public void ColumnsAreThoseInOrder()
    {
        Assert.Equal(Columns, Lines[0]);
        Assert.All(Lines, line => Assert.Equal(Columns.Length, line.Count));
    }

    [Fact]
    public void MetricsAreNamedOnce() => Assert.Equal(Names.Distinct(), Names);

    [Fact]
    public void NamesAreNormalAndHaveThePrefix()
    {
        Assert.Equal(Names.Select(Normal), Names);
        Assert.All(Names, name => Assert.StartsWith(Prefix, name));
    }

    [Fact]
    public void EveryValueIsOneOfItsColumns() =>
        Assert.Equal(
            [],
            from row in Rows
            from column in Columns
            where !IsValid(column, row[column])
            select $"{row["metric_name"]}: {column} is '{row[column]}'"
        );

    [Fact]
    public void ATimeIsNotMeasuredPerTime() =>
        Assert.Equal(
            [],
            Rows.Where(r =>
                    MetricUnits.Times.Contains(r["unit_name"]) && MetricUnits.Times.Contains(r["per_unit_name"])
                )
                .Select(r => r["metric_name"])
        );

    [Fact]
    public void WhatAlwaysArrivesIsAmongThem()
    {
        var check = TileFile.Find(TileFile.Manifest, "assets/integration/metrics/check");
        var metrics = check is JsonArray ? TileFile.Texts(check) : [check!.GetValue<string>()];
        Assert.NotEmpty(metrics);
        Assert.Equal([], metrics.Except(Names));
    }

    private static bool IsValid(string column, string value) =>
        column switch
        {
            "metric_type" => value is "count" or "gauge" or "rate",
            "interval" => value.All(char.IsAsciiDigit),
            "unit_name" or "per_unit_name" => value == "" || MetricUnits.All.Contains(value),
            "description" => value.Length is > 0 and <= DescriptionLength
                && value.All(char.IsAscii)
                && !value.Contains('|'),
            "orientation" => value is "-1" or "0" or "1",
            "integration" => value == Words().Replace(TileFile.Title, "_").Trim('_').ToLowerInvariant(),
            "curated_metric" => value == "" || value.Split('|').All(c => c is "cpu" or "memory"),
            _ => value.All(char.IsAscii),
        };

    /// <summary>The name that Datadog stores: letters, digits, dots, underscores, beginning with a letter.</summary>
    private static string Normal(string name) => AroundDots().Replace(Foreign().Replace(name, "_"), ".").Trim('_');

    [GeneratedRegex("[^a-zA-Z0-9_.]+|^[^a-zA-Z]+")]
    private static partial Regex Foreign();

    [GeneratedRegex(@"_*\._*")]
    private static partial Regex AroundDots();

    [GeneratedRegex("[^0-9A-Za-z-]+")]
    private static partial Regex Words();
}
