using System.Text;
using System.Text.Json;
using Partner.Sandbox.Intake;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Tests;

public sealed class IncidentsTests
{
    private const string Path = "/api/v2/incidents";
    private const string NotFound = """{"errors":[{"title":"Generic Error","detail":"incident not found"}]}""";

    private const string Body =
        """{"data":{"type":"incidents","attributes":{"title":"Checkout is down [ref-1]","customer_impacted":false}}}""";

    [Fact]
    public async Task WhatIsWrittenIsReadBack()
    {
        await using var world = await World.StartAsync();
        var token = await TokenAsync(world, "EU1");

        var created = await SendAsync(world, "EU1", HttpMethod.Post, Path, token, Body);
        var id = IdOf(created);
        world.Clock.Advance(TimeSpan.FromMinutes(5));
        var updated = await SendAsync(
            world,
            "EU1",
            HttpMethod.Patch,
            $"{Path}/{id}",
            token,
            $$$"""
            {"data":{"type":"incidents","id":"{{{id}}}","attributes":
            {"fields":{"state":{"type":"dropdown","value":"resolved"},
            "severity":{"type":"dropdown","value":"SEV-2"} } } } }
            """
        );
        var read = await SendAsync(world, "EU1", HttpMethod.Get, $"{Path}/{id}", token);

        Assert.Equal((201, 200, 200), ((int)created.Status, (int)updated.Status, (int)read.Status));
        Assert.Equal(updated.Body, read.Body);
        var attributes = read.Json.GetProperty("data").GetProperty("attributes");
        Assert.Equal(
            ("Checkout is down [ref-1]", "resolved", "SEV-2", "unknown", "2026-11-01T12:05:00.000000+00:00"),
            (
                Text(attributes, "title"),
                Text(attributes, "state"),
                Text(attributes, "severity"),
                Text(attributes.GetProperty("fields").GetProperty("detection_method"), "value"),
                Text(attributes, "resolved")
            )
        );
        var (host, org) = ("api.datadoghq.eu", world.OrgAt("EU1").Id);
        Assert.Equal(
            [
                new Arrival("EU1", host, Path, org, "Demo EU1", "incidents", 1, 1, 0, 0, 0),
                new Arrival("EU1", host, $"{Path}/{{id}}", org, "Demo EU1", "incidents", 1, 1, 0, 0, 1),
            ],
            world.State.Arrivals.All
        );
        Assert.Equal(Body, Encoding.UTF8.GetString(world.State.Arrivals.Items()[0].Raw.Span));
    }

    [Fact]
    public async Task AnImportAndAnImpactAreKept()
    {
        await using var world = await World.StartAsync();
        var token = await TokenAsync(world, "US1");

        var imported = await SendAsync(
            world,
            "US1",
            HttpMethod.Post,
            $"{Path}/import",
            token,
            """
            {"data":{"type":"incidents","attributes":{"title":"Old","declared":"2026-01-02T03:04:05Z"}}}
            """
        );
        var impacts = $"{Path}/{IdOf(imported)}/impacts";
        var impact = await SendAsync(
            world,
            "US1",
            HttpMethod.Post,
            impacts,
            token,
            """
            {"data":{"type":"incident_impacts","attributes":{"description":"Slow","start_at":"2026-01-02T03:04:05Z"}}}
            """
        );
        var listed = await SendAsync(world, "US1", HttpMethod.Get, impacts, token);
        var incident = await SendAsync(world, "US1", HttpMethod.Get, $"{Path}/{IdOf(imported)}", token);

        Assert.Equal((201, "application/vnd.api+json"), ((int)imported.Status, imported.ContentType));
        Assert.Equal(201, (int)impact.Status);
        Assert.Equal(IdOf(impact), Text(listed.Json.GetProperty("data")[0], "id"));
        var data = incident.Json.GetProperty("data");
        Assert.Equal("2026-01-02T03:04:05Z", Text(data.GetProperty("attributes"), "declared"));
        var links = data.GetProperty("relationships").GetProperty("impacts").GetProperty("data");
        Assert.Equal($$"""[{"type":"incident_impacts","id":"{{IdOf(impact)}}"}]""", links.GetRawText());
    }

    [Fact]
    public async Task EachOrgSeesItsOwn()
    {
        await using var world = await World.StartAsync();
        var token = await TokenAsync(world, "US1");
        var other = world.State.Orgs.Add(SiteTable.Find("US1")!, "Other");
        var others = (await new OAuthFlow(world).ConnectAsync(other)).Access;
        var id = IdOf(await SendAsync(world, "US1", HttpMethod.Post, Path, token, Body));

        Assert.Equal((404, NotFound), (await SendAsync(world, "US1", HttpMethod.Get, $"{Path}/{id}", others)).Said);
        Assert.Equal((404, NotFound), (await SendAsync(world, "US1", HttpMethod.Delete, $"{Path}/{id}", others)).Said);
        Assert.Equal(401, (int)(await SendAsync(world, "US3", HttpMethod.Get, $"{Path}/{id}", token)).Status);
        var deleted = await SendAsync(world, "US1", HttpMethod.Delete, $"{Path}/{id}", token);
        Assert.Equal((204, "", "text/html; charset=utf-8"), ((int)deleted.Status, deleted.Body, deleted.ContentType));
        Assert.Equal((404, NotFound), (await SendAsync(world, "US1", HttpMethod.Get, $"{Path}/{id}", token)).Said);
    }

    [Fact]
    public async Task TheSearchFindsAMarkerOnceItIsIndexed()
    {
        await using var world = await World.StartAsync();
        world.Set("""{"incidentSearchLagSeconds":5}""");
        var token = await TokenAsync(world, "US1");
        await SendAsync(world, "US1", HttpMethod.Post, Path, token, Body);
        var another = Body.Replace("ref-1", "ref-2", StringComparison.Ordinal);
        await SendAsync(world, "US1", HttpMethod.Post, Path, token, another);

        Assert.Equal(0, await FoundAsync(world, token, "ref-1"));
        world.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(1, await FoundAsync(world, token, "ref-1"));
        Assert.Equal(2, await FoundAsync(world, token, "state:active"));
        Assert.Equal(1, await FoundAsync(world, token, "state:active AND title:\"is down [ref-2]\""));
        Assert.Equal(0, await FoundAsync(world, token, "state:resolved"));
        Assert.Equal(400, (int)(await SendAsync(world, "US1", HttpMethod.Get, $"{Path}/search", token)).Status);
    }

    [Fact]
    public async Task AListComesInPages()
    {
        await using var world = await World.StartAsync();
        var token = await TokenAsync(world, "US1");
        for (var i = 0; i < 12; i++)
        {
            await SendAsync(world, "US1", HttpMethod.Post, Path, token, Body);
        }

        var first = await SendAsync(world, "US1", HttpMethod.Get, Path, token);
        var last = await SendAsync(world, "US1", HttpMethod.Get, $"{Path}?page[size]=100&page[offset]=10", token);
        var tooLarge = await SendAsync(world, "US1", HttpMethod.Get, $"{Path}?page[size]=101", token);

        Assert.Equal("""{"next_offset":10,"offset":0,"size":10}""", Pagination(first));
        Assert.Equal("""{"next_offset":12,"offset":10,"size":2}""", Pagination(last));
        Assert.Equal(2, last.Json.GetProperty("data").GetArrayLength());
        Assert.Equal(400, (int)tooLarge.Status);

        static string Pagination(Reply reply) => reply.Json.GetProperty("meta").GetProperty("pagination").GetRawText();
    }

    [Fact]
    public async Task WithoutTokenOrScopeNothingIsWrittenOrRead()
    {
        await using var world = await World.StartAsync();
        var org = world.State.Orgs.Add(SiteTable.Find("US1")!, "Reader", allowedScopes: ["incident_read"]);
        var reader = (await new OAuthFlow(world).ConnectAsync(org)).Access;

        var none = await SendAsync(world, "US1", HttpMethod.Post, Path, "dead", Body);
        var write = await SendAsync(world, "US1", HttpMethod.Post, Path, reader, Body);
        var read = await SendAsync(world, "US1", HttpMethod.Get, Path, reader);

        Assert.Equal((401, """{"errors":["Unauthorized"]}"""), none.Said);
        Assert.Equal((403, """{"errors":["Forbidden"]}"""), write.Said);
        Assert.Equal(200, (int)read.Status);
    }

    [Theory]
    [InlineData("", "nonsense", "data is required")]
    [InlineData("", """{"data":{"type":"incident","attributes":{"title":"t"}}}""", "data.type is incidents")]
    [InlineData("", """{"data":{"type":"incidents"}}""", "data.attributes is required")]
    [InlineData("", """{"data":{"type":"incidents","attributes":{"customer_impacted":false}}}""", "title is required")]
    [InlineData("", """{"data":{"type":"incidents","attributes":{"title":"t"}}}""", "customer_impacted is required")]
    [InlineData(
        "",
        """{"data":{"type":"incidents","attributes":{"title":"t","customer_impacted":true}}}""",
        "customer_impact_scope is required when customer_impacted is true"
    )]
    [InlineData(
        "/import",
        """{"data":{"type":"incidents","attributes":{"title":"t","declared":"x"}}}""",
        "declared is not a time"
    )]
    [InlineData(
        "/import",
        """{"data":{"type":"incidents","attributes":{"title":"t","visibility":"x"}}}""",
        "visibility is organization or private"
    )]
    [InlineData(
        "/any/impacts",
        """{"data":{"type":"incident_impacts","attributes":{"description":"d"}}}""",
        "start_at is required"
    )]
    public async Task AMalformedBodyIsRefused(string path, string body, string why)
    {
        await using var world = await World.StartAsync();
        var token = await TokenAsync(world, "US1");

        var reply = await SendAsync(world, "US1", HttpMethod.Post, Path + path, token, body);

        Assert.Equal((400, $$"""{"errors":["Invalid payload: {{why}}"]}"""), reply.Said);
        Assert.Empty(world.State.Arrivals.All);
    }

    [Fact(Timeout = 30_000)]
    public async Task ALostAnswerLeavesAnIncidentAndASecondTryMakesAnother()
    {
        await using var world = await World.StartAsync();
        var token = await TokenAsync(world, "US1");
        world.State.Faults.Add(
            new Fault
            {
                Filter = new TrafficFilter(Path: Path),
                Action = FaultAction.LostAnswer,
                Count = 1,
            }
        );

        await Assert.ThrowsAsync<HttpRequestException>(() =>
            SendAsync(world, "US1", HttpMethod.Post, Path, token, Body)
        );
        Assert.Equal(1, await FoundAsync(world, token, "ref-1"));
        await SendAsync(world, "US1", HttpMethod.Post, Path, token, Body);
        Assert.Equal(2, await FoundAsync(world, token, "ref-1"));
    }

    [Fact(Timeout = 30_000)]
    public async Task AHoldStopsWritesAndNotReads()
    {
        await using var world = await World.StartAsync();
        var token = await TokenAsync(world, "US1");
        world.State.Holds.Hold(new TrafficFilter("us1"));

        var held = SendAsync(world, "US1", HttpMethod.Post, Path, token, Body);
        await world.State.Holds.WaitForAsync(1, World.Token);
        Assert.Equal(0, await FoundAsync(world, token, "ref-1"));
        world.State.Holds.Release();

        Assert.Equal(201, (int)(await held).Status);
        Assert.Equal(1, await FoundAsync(world, token, "ref-1"));
    }

    private static async Task<int> FoundAsync(World world, string token, string query)
    {
        var reply = await SendAsync(
            world,
            "US1",
            HttpMethod.Get,
            $"{Path}/search?query={Uri.EscapeDataString(query)}",
            token
        );
        return reply.Json.GetProperty("data").GetProperty("attributes").GetProperty("total").GetInt32();
    }

    private static async Task<string> TokenAsync(World world, string site) =>
        (await new OAuthFlow(world).ConnectAsync(world.OrgAt(site))).Access;

    private static Task<Reply> SendAsync(
        World world,
        string site,
        HttpMethod method,
        string path,
        string token,
        string? body = null
    )
    {
        var request = World.Bearer(method, $"https://api.{World.Parameter(site)}{path}", token);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        return world.SendAsync(request);
    }

    private static string IdOf(Reply reply) => Text(reply.Json.GetProperty("data"), "id")!;

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
