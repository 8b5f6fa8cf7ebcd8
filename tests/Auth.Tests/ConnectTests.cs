using System.Net;
using System.Web;
using Partner.Contracts;
using Partner.Sandbox;

namespace Partner.Auth.Tests;

/// <summary>The way to a connection, from the tile and from the partner's product.</summary>
public sealed class ConnectTests(World world) : IClassFixture<World>
{
    [Theory]
    [InlineData("US1", "datadoghq.com", "app.datadoghq.com")]
    [InlineData("US3", "us3.datadoghq.com", "us3.datadoghq.com")]
    [InlineData("EU1", "datadoghq.eu", "app.datadoghq.eu")]
    public async Task ATenantConnectsFromTheTileAndFromTheProduct(string name, string parameter, string appHost)
    {
        foreach (var fromTile in new[] { true, false })
        {
            var org = world.Datadog.Orgs.Add(SiteTable.Find(name)!, $"Connects {name} {fromTile}");
            var tenant = await world.Auth.NewTenantAsync();
            var browser = world.NewBrowser();
            if (fromTile)
            {
                var entered = await browser.GetAsync(
                    $"/connect?domain={parameter}&site={Uri.EscapeDataString($"https://{appHost}")}"
                );
                Assert.Equal(HttpStatusCode.SeeOther, entered.Status);
                Assert.StartsWith(
                    $"{World.SignInUrl}?return_to={Uri.EscapeDataString($"{World.PublicUrl}/connect?entry=")}",
                    entered.Location
                );
            }

            var authorize = await browser.LeaveAsync(tenant, fromTile ? null : parameter);
            Assert.Equal($"{appHost}.localhost", authorize.Host);
            var end = await browser.GetAsync(await Browser.ConsentAsync(authorize, org));

            Assert.Equal((HttpStatusCode.SeeOther, "/connect/done"), (end.Status, end.Location));
            var connection = await world.Auth.ConnectionAsync(tenant);
            Assert.Equal("connected", connection["state"]!.GetValue<string>());
            Assert.Equal(parameter, connection["site"]!.GetValue<string>());
            Assert.Equal(org.Id, connection["org"]!.GetValue<string>());
            Assert.Equal(org.Keys.Single().Id, connection["api_key_id"]!.GetValue<string>());
            Assert.Equal(["api_keys_write"], connection["scopes"]!.AsArray().Select(s => s!.GetValue<string>()));
            Assert.All(
                world.Datadog.Journal.Entries.Where(e => e.Org == org.Id),
                e => Assert.Equal($"api.{parameter}", e.Host)
            );
        }
    }

    [Fact]
    [Trait("security", "8")]
    [Trait("security", "10")]
    public async Task TheAuthorizeRequestIsExactlyAsDocumented()
    {
        var browser = world.NewBrowser();
        var authorize = await browser.LeaveAsync(await world.Auth.NewTenantAsync());
        var query = HttpUtility.ParseQueryString(authorize.Query);

        Assert.Equal(
            ["client_id", "code_challenge", "code_challenge_method", "redirect_uri", "response_type", "state"],
            query.AllKeys.Order(StringComparer.Ordinal)
        );
        Assert.Equal("/oauth2/v1/authorize", authorize.AbsolutePath);
        Assert.Equal(
            ("code", world.ClientId, $"{World.PublicUrl}/oauth/callback", "S256", 43, 43),
            (
                query["response_type"],
                query["client_id"],
                query["redirect_uri"],
                query["code_challenge_method"],
                query["code_challenge"]!.Length,
                query["state"]!.Length
            )
        );
    }

    [Fact]
    public async Task ACustomSubDomainIsForTheAuthorizePageAlone()
    {
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US3")!, "Custom", "mycompany");
        var tenant = await world.Auth.NewTenantAsync();
        var browser = world.NewBrowser();
        await browser.GetAsync("/connect?domain=us3.datadoghq.com&site=mycompany.datadoghq.com");

        var authorize = await browser.LeaveAsync(tenant);
        Assert.Equal("mycompany.datadoghq.com.localhost", authorize.Host);
        Assert.Equal("/connect/done", (await browser.GetAsync(await Browser.ConsentAsync(authorize, org))).Location);
        Assert.All(
            world.Datadog.Journal.Entries.Where(e => e.Org == org.Id),
            e => Assert.Equal("api.us3.datadoghq.com", e.Host)
        );
    }

    [Fact]
    public async Task ACustomerMaySwitchRegionWhenNoDomainWasGiven()
    {
        var org = world.Datadog.Orgs.Add(SiteTable.Find("EU1")!, "Switched");
        var tenant = await world.Auth.NewTenantAsync();
        Assert.Equal("/connect/done", await world.NewBrowser().ConnectAsync(tenant, org, "datadoghq.com"));
        Assert.Equal("datadoghq.eu", (await world.Auth.ConnectionAsync(tenant))["site"]!.GetValue<string>());
    }

    [Theory]
    [Trait("security", "14")]
    [Trait("security", "20")]
    [Trait("security", "22")]
    [InlineData("domain=datadoghq.com.evil.tld")]
    [InlineData("domain=evil.tld%23.datadoghq.com")]
    [InlineData("domain=datadoghq.com%3A8443")]
    [InlineData("domain=127.0.0.1")]
    [InlineData("domain=datadoghq.com.")]
    [InlineData("domain=%EF%BC%8Edatadoghq.com")]
    [InlineData("domain=app.datadoghq.com")]
    [InlineData("domain=")]
    [InlineData("domain=datadoghq.com&domain=us3.datadoghq.com")]
    [InlineData("site=https%3A%2F%2Fevil.tld")]
    [InlineData("site=%2F%2Fevil.tld")]
    [InlineData("site=http%3A%2F%2Fapp.datadoghq.com")]
    [InlineData("site=https%3A%2F%2Fuser%40app.datadoghq.com")]
    [InlineData("site=a.b.datadoghq.com")]
    [InlineData("domain=datadoghq.com&site=https%3A%2F%2Fevil.tld")]
    [InlineData("domain=datadoghq.eu&site=https%3A%2F%2Fus3.datadoghq.com")]
    public async Task AHostileOrContradictoryTileEntryIsRefusedWithAPage(string query)
    {
        var before = world.Datadog.Journal.Entries.Count;
        var browser = world.NewBrowser();
        var entered = await browser.GetAsync($"/connect?{query}");
        Assert.Equal((HttpStatusCode.BadRequest, null), (entered.Status, entered.Location));
        Assert.DoesNotContain("evil", entered.Body);
        Assert.Empty(browser.CookieJar);
        Assert.Equal(before, world.Datadog.Journal.Entries.Count);
    }

    [Fact]
    public async Task AConnectSessionWorksOnceAndFifteenMinutes()
    {
        var tenant = await world.Auth.NewTenantAsync();
        var (browser, url) = (world.NewBrowser(), await world.Auth.NewSessionAsync(tenant));
        var page = await browser.GetAsync(url);
        (string, string)[] form = [("session", page.Hidden("session")), ("token", page.Hidden("token"))];
        var cookies = browser.CookieJar.ToList();
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.PostAsync("/connect", form)).Status);
        cookies.ForEach(c => browser.CookieJar[c.Key] = c.Value);
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.PostAsync("/connect", form)).Status);

        var old = await world.Auth.NewSessionAsync(tenant);
        await world.Database.ExecuteAsync(
            "UPDATE connect_sessions SET expires_at = expires_at - interval '15 minutes 1 second' WHERE used_at IS NULL"
        );
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.GetAsync(old)).Status);
    }

    [Fact]
    [Trait("security", "8")]
    public void TheAuthorizeUrlIsMadeInOnePlaceAndAlwaysWithS256()
    {
        var sources = Directory
            .EnumerateFiles(Testing.Repository.PathOf("services"), "*.cs", SearchOption.AllDirectories)
            .Select(File.ReadAllText)
            .ToList();
        Assert.Equal("S256", Connect.Pkce.Method);
        Assert.Contains(
            """new("code_challenge_method", Pkce.Method)""",
            Assert.Single(sources, s => s.Contains("code_challenge_method"))
        );
        Assert.Single(sources, s => s.Contains("urls.Build("));
        Assert.Equal(
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            Connect.Pkce.ChallengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        );
    }

    [Fact]
    [Trait("security", "23")]
    [Trait("security", "48")]
    public async Task ASiteChangesByAFreshAttemptAloneAndIsAudited()
    {
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, "Moves");
        var tenant = await world.Auth.NewTenantAsync();
        await world.NewBrowser().ConnectAsync(tenant, org);
        var id = ConnectionId.Parse((await world.Auth.ConnectionAsync(tenant))["id"]!.GetValue<string>());

        // As if the org had been on EU1 until now: no refresh leaves for a site that the token is not of.
        await world.Database.ExecuteAsync(
            "UPDATE connections SET site = 'datadoghq.eu', token_expires_at = now() - interval '1 second' WHERE id = $1",
            id.Text
        );
        await world.Redis.FlushAsync();
        var before = world.Datadog.Journal.Entries.Count;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await world.Auth.AccessTokenAsync(id)).Status);
        Assert.Equal(before, world.Datadog.Journal.Entries.Count);
        Assert.Equal("datadoghq.eu", (await world.Auth.ConnectionAsync(tenant))["site"]!.GetValue<string>());
        Assert.Equal(0L, await ChangesAsync(id));

        var session = await world.Auth.CreateSessionAsync(tenant, ("connection", id.Text));
        var browser = world.NewBrowser();
        await browser.GetAsync(await Browser.ConsentAsync(await browser.LeaveByAsync(session), org));
        Assert.Equal("datadoghq.com", (await world.Auth.ConnectionAsync(tenant))["site"]!.GetValue<string>());
        Assert.Equal(1L, await ChangesAsync(id));
        Assert.Contains(
            "datadoghq.eu",
            await world.VaultScalarAsync<string>(
                "SELECT details FROM audit WHERE connection = $1 AND event = 'connection.site_changed'",
                id.Text
            )
        );
    }

    private Task<long> ChangesAsync(ConnectionId id) =>
        world.VaultScalarAsync<long>(
            "SELECT count(*) FROM audit WHERE connection = $1 AND event = 'connection.site_changed'",
            id.Text
        );

    [Fact]
    public async Task AReconnectedOrgKeepsItsConnectionItsIngestKeysAndItsApiKey()
    {
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US3")!, "Again");
        var tenant = await world.Auth.NewTenantAsync();
        await world.NewBrowser().ConnectAsync(tenant, org);
        var before = await world.Auth.ConnectionAsync(tenant);
        var id = before["id"]!.GetValue<string>();
        await world.Auth.PartnerAsync(HttpMethod.Post, $"/partner/v1/connections/{id}/ingest-keys", new { });

        Assert.Equal("/connect/done", await world.NewBrowser().ConnectAsync(tenant, org));
        var after = await world.Auth.ConnectionAsync(tenant);
        Assert.Equal((id, "connected"), (after["id"]!.GetValue<string>(), after["state"]!.GetValue<string>()));
        Assert.Equal(before["api_key_id"]!.GetValue<string>(), after["api_key_id"]!.GetValue<string>());
        Assert.Equal(1, world.MintRequests(org));
        var (_, keys) = await world.Auth.PartnerAsync(HttpMethod.Get, $"/partner/v1/connections/{id}/ingest-keys");
        Assert.Null(Assert.Single(keys!["ingest_keys"]!.AsArray())!["revoked_at"]);
        Assert.Equal(HttpStatusCode.OK, (await world.Auth.AccessTokenAsync(ConnectionId.Parse(id))).Status);

        var other = world.Datadog.Orgs.Add(SiteTable.Find("EU1")!, "Another");
        await world.NewBrowser().ConnectAsync(tenant, other);
        Assert.Equal(2, (await world.Auth.ConnectionsAsync(tenant)).Count);
    }
}
