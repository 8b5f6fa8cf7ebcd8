using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Partner.Contracts;
using Partner.Sandbox;
using Partner.Sandbox.OAuth;
using Partner.Sandbox.Traffic;

namespace Partner.Auth.Tests;

/// <summary>
/// Each row of datadog-facts 2.6 against the sandbox: a page that says what happened and what to do, and a reason that
/// the partner's program can read.
/// </summary>
public sealed class OAuthErrorTests(World world) : IClassFixture<World>
{
    private const string TokenPath = "/oauth2/v1/token";
    private const string MintPath = "/api/v2/api_keys/marketplace";

    public enum AtDatadog
    {
        UnknownClient,
        OtherRedirect,
        AppDisabled,
        Closed,
    }

    // authorize: Datadog shows its own page and redirects nowhere.
    [Theory]
    [InlineData(AtDatadog.UnknownClient, "Invalid client_id parameter value")]
    [InlineData(AtDatadog.OtherRedirect, "Mismatching redirect URI")]
    [InlineData(AtDatadog.AppDisabled, "disabled")]
    [InlineData(AtDatadog.Closed, null)]
    public async Task WhoNeverComesBackEndsAsAbandonedWithTheDocumentedCauses(AtDatadog what, string? datadogSays)
    {
        var auth = what switch
        {
            AtDatadog.UnknownClient => await world.StartAuthAsync(null, ("Clients:default:ClientId", Guid.CreateVersion7().ToString())),
            AtDatadog.OtherRedirect => await world.StartAuthAsync(null, ("Clients:default:RedirectUri", "https://old.example/oauth/callback")),
            _ => world.Auth,
        };
        var org = NewOrg();
        org.AppDisabled = what is AtDatadog.AppDisabled;
        var (tenant, browser) = (await auth.NewTenantAsync(), world.NewBrowser(auth));
        var session = await auth.CreateSessionAsync(tenant);
        var authorize = await browser.LeaveByAsync(session);
        if (datadogSays is not null)
        {
            Assert.Contains(datadogSays, await Browser.StuckAtDatadogAsync(authorize, org));
        }

        // Who comes back by the link is told why that may be.
        var page = await browser.GetAsync(Text(session, "url")![World.PublicUrl.Length..]);
        AssertNamesTheCauses(page.Body);

        await world.Database.ExecuteAsync(
            "UPDATE connect_sessions SET used_at = used_at - interval '9 minutes 50 seconds' WHERE id = $1", Text(session, "id")!);
        await auth.SweepAsync();
        Assert.Equal("started", Text(await auth.SessionAsync(Text(session, "id")!), "state"));
        await world.Database.ExecuteAsync(
            "UPDATE connect_sessions SET used_at = used_at - interval '11 seconds' WHERE id = $1", Text(session, "id")!);
        await auth.SweepAsync();
        var ended = await auth.SessionAsync(Text(session, "id")!);
        Assert.Equal(("abandoned", "never-returned"), (Text(ended, "state"), Text(ended, "reason")));
        AssertNamesTheCauses(Text(ended, "help")!);
        Assert.Empty(await auth.ConnectionsAsync(tenant));
    }

    [Fact]
    public async Task AnAbandonedSecondAuthorisationIsSeenOnItsConnection()
    {
        var (tenant, _, id) = await ConnectedAsync();
        var session = await world.Auth.CreateSessionAsync(tenant, ("connection", id));
        await world.NewBrowser().LeaveByAsync(session);
        await world.Database.ExecuteAsync(
            "UPDATE connect_sessions SET used_at = used_at - interval '11 minutes' WHERE id = $1", Text(session, "id")!);
        await world.Auth.SweepAsync();
        var (_, connection) = await world.Auth.PartnerAsync(HttpMethod.Get, $"/partner/v1/connections/{id}");
        Assert.Equal(("connected", "abandoned", "never-returned"), (Text(connection!, "state"),
            Text(connection!["last_session"]!, "state"), Text(connection["last_session"]!, "reason")));
    }

    // callback: with an error instead of a code.
    [Theory]
    [Trait("security", "11")]
    [InlineData("access_denied", "denied", "choose Authorize")]
    [InlineData("unauthorized_client", "app-disabled", "Organization Settings, OAuth Apps")]
    [InlineData("temporarily_unavailable", "datadog-unavailable", "in a few minutes")]
    [InlineData("server_error", "datadog-unavailable", "in a few minutes")]
    [InlineData("invalid_scope", "client-settings", "Tell the support")]
    [InlineData("<script>alert(1)</script>", "client-settings", "Tell the support")]
    [InlineData("", "client-settings", "Tell the support")]
    public async Task AnErrorInTheCallbackEndsTheAttemptAndIsNeverReflected(string error, string reason, string says)
    {
        var (tenant, browser) = (await world.Auth.NewTenantAsync(), world.NewBrowser());
        var session = await world.Auth.CreateSessionAsync(tenant);
        var callback = await Browser.ConsentAsync(await browser.LeaveByAsync(session), NewOrg(), "deny");
        var cookies = browser.CookieJar.ToList();
        callback = callback
            .Replace("error=access_denied", $"error={Uri.EscapeDataString(error)}", StringComparison.Ordinal)
            .Replace("error_description=", "error_description=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", StringComparison.Ordinal);
        var end = await browser.GetAsync(callback);
        Assert.Equal((HttpStatusCode.SeeOther, $"/connect/failed?reason={reason}", ""), (end.Status, end.Location, end.Body));
        var page = await browser.GetAsync(end.Location!);
        Assert.Contains(says, page.Body);
        Assert.DoesNotContain("onerror", page.Body);
        Assert.DoesNotContain("<script", page.Body);
        var ended = await world.Auth.SessionAsync(Text(session, "id")!);
        Assert.Equal(("failed", reason), (Text(ended, "state"), Text(ended, "reason")));
        Assert.Contains(says, Text(ended, "help"));

        // Consumed: with the same cookie and state nothing goes on.
        var again = world.NewBrowser();
        cookies.ForEach(c => again.CookieJar[c.Key] = c.Value);
        Assert.Equal("/connect/failed?reason=used", (await again.GetAsync(callback)).Location);
    }

    // token: for a code. Nothing is kept, no tenant is harmed, and no code is tried twice.
    [Theory]
    [InlineData(401, """{"errors":["invalid_client - Client authentication failed."]}""", "client-refused", "its operator has been told", 1)]
    [InlineData(400, """{"errors":["invalid_grant - Invalid authorization code or code verifier."]}""", "code-refused", "Start again", 1)]
    [InlineData(400, """{"error":"invalid_client"}""", "client-refused", "its operator has been told", 1)]
    [InlineData(429, """{"errors":["Too many requests"]}""", "datadog-unavailable", "in a few minutes", 1)]
    [InlineData(500, """{"errors":["Internal Server Error"]}""", "datadog-unavailable", "in a few minutes", 1)]
    [InlineData(503, "", "datadog-unavailable", "in a few minutes", 1)]
    public async Task ARefusedCodeHasAPageAndAReason(int status, string body, string reason, string says, int requests)
    {
        var (tenant, org, browser) = (await world.Auth.NewTenantAsync(), NewOrg(), world.NewBrowser());
        var session = await world.Auth.CreateSessionAsync(tenant);
        var callback = await Browser.ConsentAsync(await browser.LeaveByAsync(session), org);
        var (before, errors) = (world.TokenRequests(), world.Logs.Count(LogLevel.Error));
        world.Datadog.Faults.Add(new Fault
        {
            Filter = new TrafficFilter(Path: TokenPath), Status = status, Body = body, Count = 1,
        });
        await AssertEndAsync(browser, callback, session, "failed", reason, says);
        Assert.Equal(before + requests, world.TokenRequests());
        Assert.Equal(reason == "client-refused", world.Logs.Count(LogLevel.Error) > errors);
        Assert.Empty(await world.Auth.ConnectionsAsync(tenant));

        // The next attempt is not hindered, and health is as Datadog's last word says.
        Assert.Equal("/connect/done", await world.NewBrowser().ConnectAsync(tenant, org));
        Assert.False(world.Auth.Get<ClientHealth>().IsRefused("default"));
    }

    // token: for a refresh. Only invalid_grant ends a connection.
    [Theory]
    [InlineData(400, """{"errors":["invalid_grant - Invalid refresh token."]}""", "reauthorize", "grant-revoked", null)]
    [InlineData(401, "", "connected", null, "client-refused")]
    [InlineData(429, "", "connected", null, "datadog-unavailable")]
    [InlineData(500, "", "connected", null, "datadog-unavailable")]
    [InlineData(400, """{"errors":["invalid_request - Something else."]}""", "connected", null, "refresh-refused")]
    public async Task ARefusedRefreshIsTerminalOnlyWhereTheGrantIsGone(
        int status, string body, string state, string? reason, string? problem)
    {
        var (tenant, _, id) = await ConnectedAsync();
        await world.Database.ExecuteAsync("UPDATE connections SET token_expires_at = now() - interval '1 second' WHERE id = $1", id);
        await world.Redis.FlushAsync();
        world.Datadog.Faults.Add(new Fault
        {
            Filter = new TrafficFilter(Path: TokenPath), Status = status, Body = body, Count = 1,
        });
        await world.Auth.AccessTokenAsync(ConnectionId.Parse(id));
        var connection = await world.Auth.ConnectionAsync(tenant);
        Assert.Equal((state, reason, problem),
            (Text(connection, "state"), Text(connection, "reason"), Text(connection, "refresh_problem")));
        if (reason is not null)
        {
            Assert.Equal("no_grant", Capability(connection, "send", "logs"));
            return;
        }

        // The next refresh takes the problem away.
        await world.Database.ExecuteAsync("UPDATE refresh_leases SET lease_until = '-infinity', undecided_until = NULL WHERE connection = $1", id);
        Assert.Equal(HttpStatusCode.OK, (await world.Auth.AccessTokenAsync(ConnectionId.Parse(id))).Status);
        Assert.Null(Text(await world.Auth.ConnectionAsync(tenant), "refresh_problem"));
    }

    // marketplace key.
    [Fact]
    public async Task AKeyThatTheUserMayNotMakeIsTheUsersPermission() => await AssertSetupAsync(
        world.Datadog.Orgs.Add(SiteTable.Find("US1")!, NewName(), canCreateKeys: false),
        "degraded", "api-key-not-permitted", "not-permitted", "who may manage API keys");

    [Fact]
    public async Task AKeyWithoutTheScopeIsTheClientsOrTheOrgs()
    {
        world.Datadog.Clients.Single().Scopes = ["api_keys_write", "metrics_read"];
        try
        {
            await AssertSetupAsync(
                world.Datadog.Orgs.Add(SiteTable.Find("US1")!, NewName(), allowedScopes: ["metrics_read"]),
                "degraded", "api-key-scope-missing", "key-scope-missing", "api_keys_write");
        }
        finally
        {
            world.Datadog.Clients.Single().Scopes = ["api_keys_write"];
        }
    }

    [Fact]
    public async Task AKeyThatExistsAlreadyIsLost()
    {
        var org = NewOrg();
        world.Datadog.Faults.Add(new Fault
        {
            Filter = new TrafficFilter(Org: org.Id, Path: MintPath), Status = 409, Count = 1,
            Body = """{"errors":["An API key with this name already exists"]}""",
        });
        await AssertSetupAsync(org, "key_lost", "key-exists-at-datadog", "key-lost", "revoke the key");
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    public async Task AKeyEndpointThatDoesNotAnswerIsWaitedFor(int status)
    {
        var org = NewOrg();
        world.Datadog.Faults.Add(new Fault
        {
            Filter = new TrafficFilter(Org: org.Id, Path: MintPath), Status = status, Count = 1,
        });
        await AssertSetupAsync(org, "pending", null, "still-working", "the rest goes on by itself");
    }

    // revoke: whatever it answers, sends have stopped; the report says that it goes on.
    [Theory]
    [InlineData(400, false)]
    [InlineData(503, false)]
    [InlineData(200, true)]
    public async Task ARefusedRevocationIsReported(int status, bool finished)
    {
        var (_, org, id) = await ConnectedAsync();
        world.Datadog.Faults.Add(new Fault
        {
            Filter = new TrafficFilter(Path: "/oauth2/v1/revoke"), Status = status, Body = "{}", Count = 1,
        });
        var (_, report) = await world.Auth.PartnerAsync(HttpMethod.Delete, $"/partner/v1/connections/{id}");
        Assert.Equal(("disconnected", finished), (Text(report!, "state"), report!["finished"]!.GetValue<bool>()));
        Assert.Equal(HttpStatusCode.Conflict, (await world.Auth.AccessTokenAsync(ConnectionId.Parse(id))).Status);
        Assert.NotEmpty(world.Datadog.Grants.Of(org));
    }

    // any API: 401 to a good token is about the endpoint, 403 about the permission; neither revokes anything.
    [Theory]
    [InlineData(401, """{"errors":["Unauthorized"]}""")]
    [InlineData(403, """{"errors":["Missing required permission: 'monitors_read'"]}""")]
    [InlineData(403, """{"status":"error","code":403,"errors":["Forbidden"],"statuspage":"http://status.datadoghq.com"}""")]
    public async Task AReadThatIsRefusedIsSaidAndNothingIsRevoked(int status, string body)
    {
        var auth = await world.StartAuthAsync(null, ("Clients:default:Scopes:0", "api_keys_write"),
            ("Clients:default:Scopes:1", "monitors_read"));
        var (tenant, org, browser) = (await auth.NewTenantAsync(), NewOrg(), world.NewBrowser(auth));
        world.Datadog.Clients.Single().Scopes = ["api_keys_write", "monitors_read"];
        try
        {
            world.Datadog.Faults.Add(new Fault
            {
                Filter = new TrafficFilter(Org: org.Id, Path: "/api/v1/monitor"), Status = status, Body = body, Count = 1,
            });
            var session = await auth.CreateSessionAsync(tenant);
            var callback = await Browser.ConsentAsync(await browser.LeaveByAsync(session), org);
            await AssertEndAsync(browser, callback, session, "authorized", "partly-permitted", "start from the tile");
        }
        finally
        {
            world.Datadog.Clients.Single().Scopes = ["api_keys_write"];
        }

        var connection = await auth.ConnectionAsync(tenant);
        Assert.Equal(("degraded", "reads-refused"), (Text(connection, "state"), Text(connection, "reason")));
        Assert.Equal(("works", "refused"), (Capability(connection, "send", "logs"), Capability(connection, "read", "monitors")));
        Assert.Equal(HttpStatusCode.OK, (await auth.AccessTokenAsync(ConnectionId.Parse(Text(connection, "id")!))).Status);
        Assert.False(world.Datadog.Grants.Of(org).Single().Revoked);
    }

    // any API: a host that is not of the list is never asked, so no certificate has to refuse it.
    [Fact]
    public async Task ACertificateThatDoesNotFitIsADatadogThatDoesNotAnswer()
    {
        var (tenant, org, browser) = (await world.Auth.NewTenantAsync(), NewOrg(), world.NewBrowser());
        var session = await world.Auth.CreateSessionAsync(tenant);
        var callback = await Browser.ConsentAsync(await browser.LeaveByAsync(session), org);
        world.Datadog.Faults.Add(new Fault { Filter = new TrafficFilter(Path: TokenPath), Action = FaultAction.Reset, Count = 1 });
        await AssertEndAsync(browser, callback, session, "failed", "datadog-unavailable", "in a few minutes");
    }

    private async Task AssertSetupAsync(Org org, string state, string? reason, string sessionReason, string says)
    {
        var (tenant, browser) = (await world.Auth.NewTenantAsync(), world.NewBrowser());
        var session = await world.Auth.CreateSessionAsync(tenant);
        var callback = await Browser.ConsentAsync(await browser.LeaveByAsync(session), org);
        await AssertEndAsync(browser, callback, session, "authorized", sessionReason, says);
        var connection = await world.Auth.ConnectionAsync(tenant);
        Assert.Equal((state, reason), (Text(connection, "state"), Text(connection, "reason")));
    }

    private async Task AssertEndAsync(
        Browser browser, string callback, JsonNode session, string state, string reason, string says)
    {
        var end = await browser.GetAsync(callback);
        Assert.Equal((HttpStatusCode.SeeOther, $"/connect/failed?reason={reason}"), (end.Status, end.Location));
        Assert.Contains(says, (await browser.GetAsync(end.Location!)).Body);
        var ended = await world.Auth.SessionAsync(Text(session, "id")!);
        Assert.Equal((state, reason), (Text(ended, "state"), Text(ended, "reason")));
        Assert.Contains(says, Text(ended, "help"));
    }

    private static void AssertNamesTheCauses(string text)
    {
        foreach (var cause in new[] { "client ID is wrong", "redirect URI", "not published", "disabled the application" })
        {
            Assert.Contains(cause, text);
        }
    }

    private async Task<(TenantId Tenant, Org Org, string Connection)> ConnectedAsync()
    {
        var (tenant, org) = (await world.Auth.NewTenantAsync(), NewOrg());
        Assert.Equal("/connect/done", await world.NewBrowser().ConnectAsync(tenant, org));
        return (tenant, org, Text(await world.Auth.ConnectionAsync(tenant), "id")!);
    }

    private static string NewName() => $"Org {Guid.CreateVersion7():N}";

    private Org NewOrg() => world.Datadog.Orgs.Add(SiteTable.Find("US1")!, NewName());

    private static string? Capability(JsonNode connection, string kind, string name) => Text(
        connection["capabilities"]!.AsArray().Single(c => (Text(c!, "kind"), Text(c!, "name")) == (kind, name))!, "state");

    private static string? Text(JsonNode node, string name) => node[name]?.GetValue<string>();
}
