using System.Net;
using System.Text.Json.Nodes;
using System.Web;
using Npgsql;
using Partner.Contracts;
using Partner.Sandbox;
using Partner.Sandbox.OAuth;

namespace Partner.Auth.Tests;

/// <summary>What the partner's backend says before somebody connects, and sees after.</summary>
public sealed class ConnectSessionTests(World world) : IClassFixture<World>
{
    [Fact]
    public async Task ASessionMakesItsTenantAndTellsHowItEnded()
    {
        var id = $"customer-{Guid.CreateVersion7():N}";
        var (status, made) = await world.Auth.PartnerAsync(
            HttpMethod.Post,
            "/partner/v1/connect-sessions",
            new { external_id = id, name = "First" }
        );
        Assert.Equal(HttpStatusCode.Created, status);
        var tenant = TenantId.Parse(Text(made!, "tenant")!);
        Assert.Equal((Text(made!, "tenant"), "open"), (await TenantAsync(id), await StateAsync(made!)));

        var (_, again) = await world.Auth.PartnerAsync(
            HttpMethod.Post,
            "/partner/v1/connect-sessions",
            new { external_id = id, name = "Renamed" }
        );
        Assert.Equal(tenant.Text, Text(again!, "tenant"));
        Assert.NotEqual(Text(made!, "url"), Text(again!, "url"));

        var browser = world.NewBrowser();
        var authorize = await browser.LeaveByAsync(made!);
        Assert.Equal("started", await StateAsync(made!));
        Assert.Equal(
            "/connect/done",
            (await browser.GetAsync(await Browser.ConsentAsync(authorize, NewOrg()))).Location
        );

        var ended = await world.Auth.SessionAsync(Text(made!, "id")!);
        var connection = await world.Auth.ConnectionAsync(tenant);
        Assert.Equal(
            ("authorized", null, Text(connection, "id")),
            (Text(ended, "state"), Text(ended, "reason"), Text(ended, "connection"))
        );
        Assert.NotNull(Text(ended, "ended_at"));
        Assert.DoesNotContain("url", ended.ToJsonString());
        var (_, shown) = await world.Auth.PartnerAsync(
            HttpMethod.Get,
            $"/partner/v1/connections/{Text(connection, "id")}"
        );
        Assert.Equal(Text(made!, "id"), Text(shown!["last_session"]!, "id"));
    }

    [Theory]
    [InlineData("""{"external_id":"x"}""")]
    [InlineData("""{"name":"x"}""")]
    [InlineData("""{"external_id":"x","name":"x","connection":"nonsense"}""")]
    [InlineData("""{"external_id":"x","name":"x","client":"unknown"}""")]
    public async Task AnInvalidSessionIsABadRequest(string body) =>
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (
                await world.Auth.PartnerAsync(HttpMethod.Post, "/partner/v1/connect-sessions", JsonNode.Parse(body))
            ).Status
        );

    [Fact]
    public async Task ASecondAuthorisationKeepsTheConnectionAndItsId()
    {
        var (tenant, org, id) = await ConnectedAsync();
        await world.Database.ExecuteAsync(
            "UPDATE connections SET state = 'reauthorize', reason = 'grant-revoked' WHERE id = $1",
            id
        );
        var session = await world.Auth.CreateSessionAsync(tenant, ("connection", id));
        var browser = world.NewBrowser();
        var callback = await Browser.ConsentAsync(await browser.LeaveByAsync(session), org);
        Assert.Equal("/connect/done", (await browser.GetAsync(callback)).Location);
        var after = await world.Auth.ConnectionAsync(tenant);
        Assert.Equal((id, "connected"), (Text(after, "id"), Text(after, "state")));
        Assert.Equal(id, Text(await world.Auth.SessionAsync(Text(session, "id")!), "connection"));
    }

    [Fact]
    [Trait("security", "12")]
    public async Task AnotherOrgThanTheConnectionsIsRefusedAndNothingChanges()
    {
        var (tenant, org, id) = await ConnectedAsync();
        var other = NewOrg();
        var before = await world.Auth.ConnectionAsync(tenant);
        var secrets = await world.VaultScalarAsync<long>("SELECT count(*) FROM owners WHERE state <> 'shredded'");
        var session = await world.Auth.CreateSessionAsync(tenant, ("connection", id));
        var browser = world.NewBrowser();
        var page = await browser.GetAsync(Text(session, "url")![World.PublicUrl.Length..]);
        Assert.Contains("authorised again", page.Body);
        var callback = await Browser.ConsentAsync(await browser.LeaveByAsync(session), other);
        var end = await browser.GetAsync(callback);
        Assert.Equal("/connect/failed?reason=other-org", end.Location);
        Assert.Contains("Nothing has changed", (await browser.GetAsync(end.Location!)).Body);

        var after = await world.Auth.ConnectionAsync(tenant);
        Assert.Equal((id, "connected", org.Id), (Text(after, "id"), Text(after, "state"), Text(after, "org")));
        Assert.Equal(before["refreshed_at"]!.ToJsonString(), after["refreshed_at"]!.ToJsonString());
        var ended = await world.Auth.SessionAsync(Text(session, "id")!);
        Assert.Equal(
            ("failed", "other-org", id),
            (Text(ended, "state"), Text(ended, "reason"), Text(ended, "connection"))
        );
        Assert.Equal(0, world.MintRequests(other));
        // The partner's backend hears of no connection that never was.
        Assert.Equal(
            1L,
            await world.Database.ScalarAsync<long>("SELECT count(*) FROM events WHERE tenant = $1", tenant.Text)
        );
        Assert.Equal(
            secrets,
            await world.VaultScalarAsync<long>("SELECT count(*) FROM owners WHERE state <> 'shredded'")
        );
    }

    [Fact]
    [Trait("security", "12")]
    public async Task AnotherTenantsConnectionIsNotThere()
    {
        var (_, _, id) = await ConnectedAsync();
        var (stranger, _, own) = await ConnectedAsync();
        foreach (var connection in new[] { id, ConnectionId.New().Text })
        {
            var (status, _) = await world.Auth.PartnerAsync(
                HttpMethod.Post,
                "/partner/v1/connect-sessions",
                await world.Auth.SessionBodyAsync(stranger, ("connection", connection))
            );
            Assert.Equal(HttpStatusCode.NotFound, status);
        }

        // Nor does one ever change hands.
        var elsewhere = await world.Auth.NewTenantAsync();
        var refused = await Assert.ThrowsAsync<PostgresException>(() =>
            world.Database.ExecuteAsync("UPDATE connections SET tenant = $2 WHERE id = $1", own, elsewhere.Text)
        );
        Assert.Equal("A connection stays with its tenant.", refused.MessageText);
    }

    [Fact]
    public async Task AConnectionOfAnotherClientOrNeverProvenIsAConflict()
    {
        var auth = await world.StartAuthAsync(
            null,
            ("Clients:test:ClientId", world.ClientId),
            ("Clients:test:Secrets:0", world.Secret)
        );
        var (tenant, _, id) = await ConnectedAsync();
        var (status, problem) = await auth.PartnerAsync(
            HttpMethod.Post,
            "/partner/v1/connect-sessions",
            await auth.SessionBodyAsync(tenant, ("connection", id), ("client", "test"))
        );
        Assert.Equal((HttpStatusCode.Conflict, "other-client"), (status, Text(problem!, "type")));
        await world.Database.ExecuteAsync("UPDATE connections SET org = NULL WHERE id = $1", id);
        (status, problem) = await auth.PartnerAsync(
            HttpMethod.Post,
            "/partner/v1/connect-sessions",
            await auth.SessionBodyAsync(tenant, ("connection", id))
        );
        Assert.Equal((HttpStatusCode.Conflict, "never-connected"), (status, Text(problem!, "type")));
    }

    [Fact]
    [Trait("security", "47")]
    public async Task OneTenantsSessionsAreLimitedAndAnothersAreNot()
    {
        var (tenant, other) = (await world.Auth.NewTenantAsync(), await world.Auth.NewTenantAsync());
        var body = await world.Auth.SessionBodyAsync(tenant);
        var made = 0;
        while (
            (await world.Auth.PartnerAsync(HttpMethod.Post, "/partner/v1/connect-sessions", body)).Status
            is HttpStatusCode.Created
        )
        {
            Assert.True(++made <= 2 * RateLimits.KeysPerMinute, "There is no limit.");
        }

        Assert.True(made >= RateLimits.KeysPerMinute, $"Only {made} sessions.");
        var (status, problem) = await world.Auth.PartnerAsync(HttpMethod.Post, "/partner/v1/connect-sessions", body);
        Assert.Equal((HttpStatusCode.TooManyRequests, "too-many-requests"), (status, Text(problem!, "type")));
        await world.Auth.CreateSessionAsync(other);
    }

    [Fact]
    public async Task ALinkThatNobodyUsesExpires()
    {
        var session = await world.Auth.CreateSessionAsync(await world.Auth.NewTenantAsync());
        await world.Database.ExecuteAsync(
            "UPDATE connect_sessions SET expires_at = now() - interval '1 second' WHERE id = $1",
            Text(session, "id")!
        );
        await world.Auth.SweepAsync();
        Assert.Equal("expired", await StateAsync(session));
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await world.NewBrowser().GetAsync(Text(session, "url")![World.PublicUrl.Length..])).Status
        );
    }

    [Fact]
    [Trait("security", "1")]
    [Trait("security", "2")]
    [Trait("security", "7")]
    public async Task AnAttemptKeepsHashesOnlyAndIsFreshEachTime()
    {
        var (tenant, browser) = (await world.Auth.NewTenantAsync(), world.NewBrowser());
        var (states, challenges) = (new HashSet<string>(), new HashSet<string>());
        for (var i = 0; i < 4; i++)
        {
            var session = await world.Auth.CreateSessionAsync(tenant);
            var authorize = await browser.LeaveByAsync(session);
            var query = HttpUtility.ParseQueryString(authorize.Query);
            // 43 characters of base64url are 256 bits; a GUID would have 122 of them.
            Assert.Matches("^[A-Za-z0-9_-]{43}$", query["state"]);
            Assert.Matches("^[A-Za-z0-9_-]{43}$", query["code_challenge"]);
            Assert.True(states.Add(query["state"]!) && challenges.Add(query["code_challenge"]!));

            var row = JsonNode.Parse(
                await world.Database.ScalarAsync<string>(
                    "SELECT to_jsonb(a)::text FROM attempts a WHERE session = $1",
                    Text(session, "id")!
                )
            )!;
            Assert.Equal(
                (
                    OpaqueTokens.Hash(query["state"]!),
                    OpaqueTokens.Hash(browser.CookieJar["__Host-connect"]),
                    tenant.Text,
                    $"{World.PublicUrl}/oauth/callback"
                ),
                (Text(row, "state_hash"), Text(row, "cookie_hash"), Text(row, "tenant"), Text(row, "redirect_uri"))
            );
            Assert.NotNull(Text(row, "created_at"));
            Assert.DoesNotContain(query["state"]!, row.ToJsonString());

            // The verifier is the one of the challenge, and leaves in no page, cookie or URL.
            var verifier = await VerifierAsync(browser.CookieJar["__Host-connect"]);
            Assert.Matches("^[A-Za-z0-9._~-]{43,128}$", verifier);
            Assert.Equal(query["code_challenge"], Connect.Pkce.ChallengeOf(verifier));
            Assert.DoesNotContain(
                verifier,
                authorize.OriginalString + row.ToJsonString() + string.Join(' ', browser.SetCookies)
            );
            Assert.DoesNotContain(verifier, world.Logs.Text);
        }
    }

    private async Task<string> VerifierAsync(string cookie)
    {
        var attempt = (await world.Auth.Get<Connect.ConnectAttemptStore>().FindAsync(cookie, CancellationToken.None))!;
        return (
            await world
                .Auth.Get<Partner.Auth.Tokens.Sealer>()
                .OpenAsync(
                    attempt.SealedVerifier,
                    Connect.ConnectAttempt.VerifierContext(attempt.CookieHash),
                    CancellationToken.None
                )
        )!.Reveal();
    }

    private async Task<(TenantId Tenant, Org Org, string Connection)> ConnectedAsync()
    {
        var (tenant, org) = (await world.Auth.NewTenantAsync(), NewOrg());
        Assert.Equal("/connect/done", await world.NewBrowser().ConnectAsync(tenant, org));
        return (tenant, org, Text(await world.Auth.ConnectionAsync(tenant), "id")!);
    }

    private Org NewOrg() => world.Datadog.Orgs.Add(SiteTable.Find("US1")!, $"Org {Guid.CreateVersion7():N}");

    private async Task<string?> StateAsync(JsonNode session) =>
        Text(await world.Auth.SessionAsync(Text(session, "id")!), "state");

    private Task<string> TenantAsync(string externalId) =>
        world.Database.ScalarAsync<string>("SELECT id FROM tenants WHERE external_id = $1", externalId);

    private static string? Text(JsonNode node, string name) => node[name]?.GetValue<string>();
}
