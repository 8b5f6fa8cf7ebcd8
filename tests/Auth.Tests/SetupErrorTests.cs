using System.Net;
using Partner.Contracts;
using Partner.Sandbox;
using Partner.Sandbox.OAuth;
using Partner.Sandbox.Traffic;

namespace Partner.Auth.Tests;

/// <summary>Once there is a grant: the API key, and the reads that are tried.</summary>
[Collection(ErrorWorld.Name)]
public sealed class SetupErrorTests(World world) : ErrorTests(world)
{
    private const string MintPath = "/api/v2/api_keys/marketplace";

    // marketplace key.
    [Fact]
    public async Task AKeyThatTheUserMayNotMakeIsTheUsersPermission() =>
        await AssertSetupAsync(
            World.Datadog.Orgs.Add(SiteTable.Find("US1")!, NewName(), canCreateKeys: false),
            "degraded",
            "api-key-not-permitted",
            "not-permitted",
            "who may manage API keys"
        );

    [Fact]
    public async Task AKeyWithoutTheScopeIsTheClientsOrTheOrgs()
    {
        World.Datadog.Clients.Single().Scopes = ["api_keys_write", "metrics_read"];
        try
        {
            await AssertSetupAsync(
                World.Datadog.Orgs.Add(SiteTable.Find("US1")!, NewName(), allowedScopes: ["metrics_read"]),
                "degraded",
                "api-key-scope-missing",
                "key-scope-missing",
                "api_keys_write"
            );
        }
        finally
        {
            World.Datadog.Clients.Single().Scopes = ["api_keys_write"];
        }
    }

    [Fact]
    public async Task AKeyThatExistsAlreadyIsLost()
    {
        var org = NewOrg();
        World.Datadog.Faults.Add(
            new Fault
            {
                Filter = new TrafficFilter(Org: org.Id, Path: MintPath),
                Status = 409,
                Count = 1,
                Body = """{"errors":["An API key with this name already exists"]}""",
            }
        );
        await AssertSetupAsync(org, "key_lost", "key-exists-at-datadog", "key-lost", "revoke the key");
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    public async Task AKeyEndpointThatDoesNotAnswerIsWaitedFor(int status)
    {
        var org = NewOrg();
        World.Datadog.Faults.Add(
            new Fault
            {
                Filter = new TrafficFilter(Org: org.Id, Path: MintPath),
                Status = status,
                Count = 1,
            }
        );
        await AssertSetupAsync(org, "pending", null, "still-working", "the rest goes on by itself");
    }

    // any API: 401 to a good token is about the endpoint, 403 about the permission; neither revokes anything.
    [Theory]
    [InlineData(401, """{"errors":["Unauthorized"]}""")]
    [InlineData(403, """{"errors":["Missing required permission: 'monitors_read'"]}""")]
    [InlineData(
        403,
        """{"status":"error","code":403,"errors":["Forbidden"],"statuspage":"http://status.datadoghq.com"}"""
    )]
    public async Task AReadThatIsRefusedIsSaidAndNothingIsRevoked(int status, string body)
    {
        var auth = await World.StartAuthAsync(
            null,
            ("Clients:default:Scopes:0", "api_keys_write"),
            ("Clients:default:Scopes:1", "monitors_read")
        );
        var (tenant, org, browser) = (await auth.NewTenantAsync(), NewOrg(), World.NewBrowser(auth));
        World.Datadog.Clients.Single().Scopes = ["api_keys_write", "monitors_read"];
        try
        {
            World.Datadog.Faults.Add(
                new Fault
                {
                    Filter = new TrafficFilter(Org: org.Id, Path: "/api/v1/monitor"),
                    Status = status,
                    Body = body,
                    Count = 1,
                }
            );
            var session = await auth.CreateSessionAsync(tenant);
            var callback = await Browser.ConsentAsync(await browser.LeaveByAsync(session), org);
            await AssertEndAsync(browser, callback, session, "authorized", "partly-permitted", "start from the tile");
        }
        finally
        {
            World.Datadog.Clients.Single().Scopes = ["api_keys_write"];
        }

        var connection = await auth.ConnectionAsync(tenant);
        Assert.Equal(("degraded", "reads-refused"), (Text(connection, "state"), Text(connection, "reason")));
        Assert.Equal(
            ("works", "refused"),
            (Capability(connection, "send", "logs"), Capability(connection, "read", "monitors"))
        );
        Assert.Equal(
            HttpStatusCode.OK,
            (await auth.AccessTokenAsync(ConnectionId.Parse(Text(connection, "id")!))).Status
        );
        Assert.False(World.Datadog.Grants.Of(org).Single().Revoked);
    }

    private async Task AssertSetupAsync(Org org, string state, string? reason, string sessionReason, string says)
    {
        var (tenant, browser) = (await World.Auth.NewTenantAsync(), World.NewBrowser());
        var session = await World.Auth.CreateSessionAsync(tenant);
        var callback = await Browser.ConsentAsync(await browser.LeaveByAsync(session), org);
        await AssertEndAsync(browser, callback, session, "authorized", sessionReason, says);
        var connection = await World.Auth.ConnectionAsync(tenant);
        Assert.Equal((state, reason), (Text(connection, "state"), Text(connection, "reason")));
    }
}
