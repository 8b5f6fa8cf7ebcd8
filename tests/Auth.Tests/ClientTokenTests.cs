using System.Net;
using System.Text.Json.Nodes;
using Partner.Contracts;
using Partner.Sandbox;

namespace Partner.Auth.Tests;

/// <summary>Ingest keys of pages.</summary>
public sealed class ClientTokenTests(World world) : IClassFixture<World>
{
    private const string Shop = "https://shop.example";

    [Fact]
    public async Task ItIsMadeListedAndToldWithItsOrigins()
    {
        var id = await NewConnectionAsync();
        string[] origins = [Shop, "http://localhost:3000"];

        var (status, created) = await CreateAsync(id, new { kind = "client_token", origins = origins.Append(Shop) });

        Assert.Equal(HttpStatusCode.Created, status);
        var (keyId, token) = (created!["id"]!.GetValue<string>(), created["key"]!.GetValue<string>());
        Assert.Matches("^pub[0-9a-f]{32}$", token);
        Assert.Equal(
            ("client_token", $"[\"{origins[0]}\",\"{origins[1]}\"]", "false", token[..7]),
            (
                Text(created, "kind"),
                created["origins"]!.ToJsonString(),
                created["strict"]!.ToJsonString(),
                Text(created, "prefix")
            )
        );
        var (_, listed) = await world.Auth.PartnerAsync(HttpMethod.Get, PathOf(id), role: "read");
        var view = listed!["ingest_keys"]!.AsArray().Single()!;
        Assert.Equal(
            ("client_token", created["origins"]!.ToJsonString(), token[..7]),
            (Text(view, "kind"), view["origins"]!.ToJsonString(), Text(view, "prefix"))
        );
        var entry = (await world.Auth.FeedAsync(0)).Keys.Single(key => key.KeyId == keyId);
        Assert.Equal(origins, entry.Origins);
        Assert.Equal((OpaqueTokens.Hash(token), id, true), (entry.Hash, entry.Connection, entry.Live));
    }

    [Fact]
    public async Task AKeyThatSaysNothingOfItsKindIsAnApiKey()
    {
        var id = await NewConnectionAsync();

        var (_, created) = await CreateAsync(id, new { });
        var (_, named) = await CreateAsync(id, new { kind = "api_key", origins = Array.Empty<string>() });

        Assert.All(
            [created!, named!],
            key => Assert.Equal(("api_key", "[]"), (Text(key, "kind"), key["origins"]!.ToJsonString()))
        );
        Assert.All(
            (await world.Auth.FeedAsync(0)).Keys.Where(key => key.Connection == id),
            key => Assert.Null(key.Origins)
        );
    }

    [Theory]
    [InlineData("""{"kind":"client_token"}""", "origins")]
    [InlineData("""{"kind":"client_token","origins":[]}""", "origins")]
    [InlineData("""{"kind":"client_token","origins":[null]}""", "origins")]
    [InlineData("""{"kind":"client_token","origins":["*"]}""", "origins")]
    [InlineData("""{"kind":"client_token","origins":["null"]}""", "origins")]
    [InlineData("""{"kind":"client_token","origins":["shop.example"]}""", "origins")]
    [InlineData("""{"kind":"client_token","origins":["https://shop.example/"]}""", "origins")]
    [InlineData("""{"kind":"client_token","origins":["https://shop.example/cart"]}""", "origins")]
    [InlineData("""{"kind":"client_token","origins":["https://shop.example:443"]}""", "origins")]
    [InlineData("""{"kind":"client_token","origins":["https://Shop.example"]}""", "origins")]
    [InlineData("""{"kind":"client_token","origins":["https://a@shop.example"]}""", "origins")]
    [InlineData("""{"kind":"client_token","origins":["https://*.shop.example"]}""", "origins")]
    [InlineData("""{"kind":"client_token","origins":["ftp://shop.example"]}""", "origins")]
    [InlineData("""{"kind":"client_token","origins":["https://sh\u00f6p.example"]}""", "origins")]
    [InlineData("""{"kind":"client_token","origins":["https://shop.example"],"strict":true}""", "strict")]
    [InlineData("""{"kind":"api_key","origins":["https://shop.example"]}""", "origins")]
    [InlineData("""{"origins":["https://shop.example"]}""", "origins")]
    [InlineData("""{"kind":"browser"}""", "kind")]
    [InlineData("""{"kind":7}""", "kind")]
    public async Task AnotherBodyIs400AndSaysWhere(string body, string field)
    {
        var id = await NewConnectionAsync();

        using var response = await world.Auth.SendRawAsync(PathOf(id), body);

        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal((HttpStatusCode.BadRequest, "bad-request"), (response.StatusCode, Text(problem, "type")));
        Assert.Equal([field], problem["errors"]!.AsObject().Select(error => error.Key));
    }

    [Fact]
    public async Task ThereAreTwentyOriginsAtMost()
    {
        var id = await NewConnectionAsync();
        var label = new string('a', 60);
        var origins = Enumerable
            .Range(0, 21)
            .Select(i => $"https://{i:00}.{label}.{label}.{label}.example:8443")
            .ToArray();

        var (most, _) = await CreateAsync(id, new { kind = "client_token", origins = origins[1..] });
        var (more, _) = await CreateAsync(id, new { kind = "client_token", origins });

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.BadRequest), (most, more));
    }

    [Fact]
    public async Task TheTrailSaysWhatWasMade()
    {
        var id = await NewConnectionAsync();
        await CreateAsync(id, new { kind = "client_token", origins = new[] { Shop } });

        var (_, trail) = await world.Auth.PartnerAsync(
            HttpMethod.Get,
            $"/partner/v1/connections/{id}/audit?event=ingest_key.created"
        );

        Assert.Contains("\"kind\":\"client_token\"", trail!.ToJsonString());
        Assert.Contains(Shop, trail.ToJsonString());
    }

    private static string PathOf(ConnectionId id) => $"/partner/v1/connections/{id}/ingest-keys";

    private static string? Text(JsonNode node, string member) => node[member]?.GetValue<string>();

    private Task<(HttpStatusCode Status, JsonNode? Body)> CreateAsync(ConnectionId id, object body) =>
        world.Auth.PartnerAsync(HttpMethod.Post, PathOf(id), body);

    private async Task<ConnectionId> NewConnectionAsync()
    {
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, $"Org {Guid.CreateVersion7():N}");
        var tenant = await world.Auth.NewTenantAsync();
        await world.NewBrowser().ConnectAsync(tenant, org);
        return ConnectionId.Parse((await world.Auth.ConnectionAsync(tenant))["id"]!.GetValue<string>());
    }
}
