using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Partner.AppHost.Tests.Clients;

/// <summary>Incidents by Datadog's own client for TypeScript: all of it by one base URL, with the ingest key.</summary>
public partial class RealClientsTests
{
    [Fact]
    public async Task IncidentsAreReadWhereTheyAreDeclared()
    {
        var tenant = await system.ConnectAsync("incidents-client");

        var said = JsonNode.Parse(await RunAsync("incidents.cjs", tenant, "one.url"))!;

        var made = said["made"]!.AsArray();
        Assert.Equal(["one.url 1", "one.url 2", "one.url 3"], made.Select(item => Declared(item!)));
        // The partner API reads the same grant by another way in.
        var theirs = await InDatadogAsync(tenant, "api/v2/incidents?page[size]=100");
        var titles = theirs.Select(item => Text(item["attributes"]!, "title")).ToList();
        Assert.Equal(titles, Titles(made));
        Assert.Equal(theirs.Select(item => Text(item, "id")), Ids(said["listed"]!));
        Assert.Equal(titles, Titles(said["listed"]!));
        Assert.Equal(titles[1..2], Titles(said["second"]!));
        Assert.Equal(titles, Titles(said["found"]!));
        Assert.Equal(titles[2..], Titles(said["one"]!));

        // A change of something else leaves the title, marker and all.
        Assert.Equal((titles[1], "all of it"), (Text(said["got"]!, "title"), Text(said["got"]!, "scope")));
        Assert.Equal("all of it", Text(theirs[1]["attributes"]!, "customer_impact_scope"));
        Assert.True(JsonNode.DeepEquals(said["updated"], said["got"]));
        var impacts = await InDatadogAsync(tenant, $"api/v2/incidents/{Text(made[1]!, "id")}/impacts");
        Assert.Equal(
            impacts.Select(impact => Text(impact["attributes"]!, "description")),
            said["impacts"]!.AsArray().Select(text => text!.GetValue<string>())
        );
        Assert.StartsWith("one.url impact [ref", Text(Assert.Single(impacts)["attributes"]!, "description"));

        Assert.Equal(404, said["unknown"]!["code"]!.GetValue<int>());
        Assert.Equal(405, said["deleted"]!["code"]!.GetValue<int>());
        Assert.Equal(3, (await InDatadogAsync(tenant, "api/v2/incidents?page[size]=100")).Count);
    }

    private async Task<IReadOnlyList<JsonNode>> InDatadogAsync(Demo.ConnectedTenant tenant, string path)
    {
        using var answer = await system.Backend.GetAsync(
            $"partner/v1/connections/{tenant.Connection.Id}/datadog/{path}"
        );
        Assert.True(answer.IsSuccessStatusCode);
        return [.. JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["data"]!.AsArray().Select(item => item!)];
    }

    private static IEnumerable<string?> Titles(JsonNode items) => items.AsArray().Select(item => Text(item!, "title"));

    private static IEnumerable<string?> Ids(JsonNode items) => items.AsArray().Select(item => Text(item!, "id"));

    /// <summary>The title as it was declared: without the marker that Datadog has behind it.</summary>
    private static string Declared(JsonNode item) => Regex.Replace(Text(item, "title")!, @" \[ref[0-9a-f]{16}\]$", "");
}
