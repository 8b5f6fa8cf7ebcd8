using System.Text.Json.Nodes;

namespace Partner.Solution.Tests.Tile;

/// <summary>assets/dashboards (datadog-facts 5.2, 5.7).</summary>
public class DashboardTests
{
    private const int Columns = 12;

    private static readonly Dictionary<string, int> LeastWidth = new() { ["timeseries"] = 4, ["list_stream"] = 6 };

    public static TheoryData<string> Files => [.. TileFile.In("assets/dashboards")];

    [Theory]
    [MemberData(nameof(Files))]
    public void WhatIsRequiredIsThere(string file)
    {
        var dashboard = TileFile.Json(file);
        Assert.Equal(
            ["description", "layout_type", "notify_list", "reflow_type", "template_variables", "title", "widgets"],
            TileFile.Keys(dashboard)
        );
        Assert.Equal("ordered", TileFile.Text(dashboard, "layout_type"));
        Assert.NotEqual("", TileFile.Text(dashboard, "description"));
        Assert.NotEmpty(Widgets(dashboard));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void TheTitleNamesTheIntegrationWithoutAHyphen(string file)
    {
        var title = TileFile.Text(TileFile.Json(file), "title");
        Assert.Contains(TileFile.Title, title);
        Assert.DoesNotContain("-", title);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void WidgetsStandInGroupsThatBeginWithAboutAndOverview(string file)
    {
        var groups = Widgets(TileFile.Json(file)).ToList();
        Assert.All(groups, group => Assert.Equal("group", TileFile.Text(group, "definition/type")));
        Assert.Equal(
            [$"About {TileFile.Title}", "Overview"],
            groups.Take(2).Select(group => TileFile.Text(group, "definition/title"))
        );
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void WidgetsAreWideEnoughAndDoNotOverlap(string file)
    {
        var dashboard = TileFile.Json(file);
        Assert.All(
            Leaves(dashboard),
            widget =>
                Assert.InRange(
                    Cells(widget).Select(c => c.Column).Distinct().Count(),
                    LeastWidth.GetValueOrDefault(TileFile.Text(widget, "definition/type"), 1),
                    Columns
                )
        );
        Assert.All(
            Widgets(dashboard).Select(g => Widgets(g["definition"]!)).Append(Widgets(dashboard)),
            siblings =>
            {
                var cells = siblings.SelectMany(Cells).ToList();
                Assert.Equal(cells.Count, cells.Distinct().Count());
                Assert.All(cells, cell => Assert.InRange(cell.Column, 0, Columns - 1));
            }
        );
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void QueriesAskForMetricsAndChecksThatExist(string file)
    {
        var leaves = Leaves(TileFile.Json(file)).ToList();
        Assert.Equal([], leaves.SelectMany(Queries).SelectMany(MetricQuery.Metrics).Except(MetricsMetadataTests.Names));
        var checks = ((JsonArray)TileFile.Json("assets/service_checks.json")).Select(c => TileFile.Text(c!, "check"));
        Assert.Equal(
            [],
            leaves.Select(w => TileFile.Text(w, "definition/check")).Where(check => check != "").Except(checks)
        );
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void TemplateVariablesAreWiredToEveryQuery(string file)
    {
        var dashboard = TileFile.Json(file);
        var variables = ((JsonArray)dashboard["template_variables"]!)
            .Select(v => "$" + TileFile.Text(v!, "name"))
            .ToList();
        Assert.NotEmpty(variables);
        Assert.Equal(
            [],
            from query in Leaves(dashboard).SelectMany(Queries)
            from variable in variables
            where !query.Contains(variable, StringComparison.Ordinal)
            select $"{query} without {variable}"
        );
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void FormulasHaveAliases(string file) =>
        Assert.All(
            Leaves(TileFile.Json(file)).SelectMany(Requests).SelectMany(r => r["formulas"] as JsonArray ?? []),
            formula => Assert.NotEqual("", TileFile.Text(formula!, "alias"))
        );

    private static IEnumerable<JsonNode> Widgets(JsonNode parent) =>
        (parent["widgets"] as JsonArray ?? []).Select(widget => widget!);

    private static IEnumerable<JsonNode> Leaves(JsonNode dashboard) =>
        Widgets(dashboard).SelectMany(widget => Widgets(widget["definition"]!).DefaultIfEmpty(widget));

    private static IEnumerable<JsonNode> Requests(JsonNode widget) =>
        (widget["definition"]!["requests"] as JsonArray ?? []).Select(request => request!);

    private static IEnumerable<string> Queries(JsonNode widget) =>
        Requests(widget)
            .SelectMany(request =>
                (request["queries"] as JsonArray ?? [])
                    .Select(q => TileFile.Text(q!, "query"))
                    .Concat(request["query"] is JsonObject stream ? [TileFile.Text(stream, "query_string")] : [])
            );

    private static IEnumerable<(int Column, int Row)> Cells(JsonNode widget)
    {
        var (x, y) = (widget["layout"]!["x"]!.GetValue<int>(), widget["layout"]!["y"]!.GetValue<int>());
        return from column in Enumerable.Range(x, widget["layout"]!["width"]!.GetValue<int>())
            from row in Enumerable.Range(y, widget["layout"]!["height"]!.GetValue<int>())
            select (column, row);
    }
}
