using System.Net;
using System.Text.Json.Nodes;
using System.Web;
using Partner.Testing;

namespace Partner.Auth.Tests;

/// <summary>A site that Datadog adds is a row of configuration; before that it is refused without any request.</summary>
[Trait("fault", "F33")]
public sealed class TenthSiteTests(World world) : IClassFixture<World>, IDisposable
{
    private const string Site = "jp1.datadoghq.com";
    private const string Tile = $"/connect?domain={Site}&site=https%3A%2F%2F{Site}";
    private readonly string _path = Path.GetTempFileName();

    [Fact]
    public async Task TheConnectRoutesTakeItWhenItsRowIsThereAndRefuseItBefore()
    {
        var asked = world.Datadog.Journal.Entries.Count;
        var refused = await world.NewBrowser().GetAsync(Tile);
        Assert.Equal((HttpStatusCode.BadRequest, null), (refused.Status, refused.Location));
        Assert.Equal(asked, world.Datadog.Journal.Entries.Count);

        var file = JsonNode.Parse(await File.ReadAllTextAsync(Repository.PathOf("services", "Egress", "Sites.json")))!;
        file["sites"]!
            .AsArray()
            .Add(
                JsonNode.Parse(
                    $$$"""{"name":"JP1","parameter":"{{{Site}}}","appHost":"{{{Site}}}","hosts":{"api":"api.{{{Site}}}"}}"""
                )
            );
        await File.WriteAllTextAsync(_path, file.ToJsonString());
        var auth = await world.StartAuthAsync(null, ("Egress:SitesPath", _path));
        var browser = world.NewBrowser(auth);
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync(Tile)).Status);
        var authorize = await browser.LeaveAsync(await auth.NewTenantAsync());
        Assert.Equal($"{Site}.localhost", authorize.Host);

        // The code goes to the new site's own host, which this sandbox has not got: an error of its own, and no other's.
        var state = HttpUtility.ParseQueryString(authorize.Query)["state"];
        var end = await browser.GetAsync($"/oauth/callback?code=a-code&domain={Site}&state={state}");
        Assert.Equal("/connect/failed", end.Location?.Split('?')[0]);
        Assert.All(
            world
                .Datadog.Journal.Entries.Skip(asked)
                .Where(e => e.Path.StartsWith("/oauth2/v1/token", StringComparison.Ordinal)),
            e => Assert.Equal($"api.{Site}", e.Host)
        );
    }

    public void Dispose() => File.Delete(_path);
}
