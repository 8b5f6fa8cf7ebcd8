using System.Net;
using Partner.Contracts;
using Partner.Sandbox.Traffic;

namespace Partner.Auth.Tests;

/// <summary>Once it is connected: refreshes, a second authorisation, the revocation.</summary>
[Collection(ErrorWorld.Name)]
public sealed class GrantErrorTests(World world) : ErrorTests(world)
{
    // token: for a refresh. Only invalid_grant ends a connection.
    [Theory]
    [InlineData(400, """{"errors":["invalid_grant - Invalid refresh token."]}""", "reauthorize", "grant-revoked", null)]
    [InlineData(401, "", "connected", null, "client-refused")]
    [InlineData(429, "", "connected", null, "datadog-unavailable")]
    [InlineData(500, "", "connected", null, "datadog-unavailable")]
    [InlineData(400, """{"errors":["invalid_request - Something else."]}""", "connected", null, "refresh-refused")]
    public async Task ARefusedRefreshIsTerminalOnlyWhereTheGrantIsGone(
        int status,
        string body,
        string state,
        string? reason,
        string? problem
    )
    {
        var (tenant, _, id) = await ConnectedAsync();
        await World.Database.ExecuteAsync(
            "UPDATE connections SET token_expires_at = now() - interval '1 second' WHERE id = $1",
            id
        );
        await World.Redis.FlushAsync();
        World.Datadog.Faults.Add(
            new Fault
            {
                Filter = new TrafficFilter(Path: TokenPath),
                Status = status,
                Body = body,
                Count = 1,
            }
        );
        await World.Auth.AccessTokenAsync(ConnectionId.Parse(id));
        var connection = await World.Auth.ConnectionAsync(tenant);
        Assert.Equal(
            (state, reason, problem),
            (Text(connection, "state"), Text(connection, "reason"), Text(connection, "refresh_problem"))
        );
        if (reason is not null)
        {
            Assert.Equal("no_grant", Capability(connection, "send", "logs"));
            return;
        }

        // The next refresh takes the problem away.
        await World.Database.ExecuteAsync(
            "UPDATE refresh_leases SET lease_until = '-infinity', undecided_until = NULL WHERE connection = $1",
            id
        );
        Assert.Equal(HttpStatusCode.OK, (await World.Auth.AccessTokenAsync(ConnectionId.Parse(id))).Status);
        Assert.Null(Text(await World.Auth.ConnectionAsync(tenant), "refresh_problem"));
    }

    [Fact]
    public async Task AnAbandonedSecondAuthorisationIsSeenOnItsConnection()
    {
        var (tenant, _, id) = await ConnectedAsync();
        var session = await World.Auth.CreateSessionAsync(tenant, ("connection", id));
        await World.NewBrowser().LeaveByAsync(session);
        await World.Database.ExecuteAsync(
            "UPDATE connect_sessions SET used_at = used_at - interval '11 minutes' WHERE id = $1",
            Text(session, "id")!
        );
        await World.Auth.SweepAsync();
        var (_, connection) = await World.Auth.PartnerAsync(HttpMethod.Get, $"/partner/v1/connections/{id}");
        Assert.Equal(
            ("connected", "abandoned", "never-returned"),
            (
                Text(connection!, "state"),
                Text(connection!["last_session"]!, "state"),
                Text(connection["last_session"]!, "reason")
            )
        );
    }

    // revoke: whatever it answers, sends have stopped; the report says that it goes on.
    [Theory]
    [InlineData(400, false)]
    [InlineData(503, false)]
    [InlineData(200, true)]
    public async Task ARefusedRevocationIsReported(int status, bool finished)
    {
        var (_, org, id) = await ConnectedAsync();
        World.Datadog.Faults.Add(
            new Fault
            {
                Filter = new TrafficFilter(Path: "/oauth2/v1/revoke"),
                Status = status,
                Body = "{}",
                Count = 1,
            }
        );
        var (_, report) = await World.Auth.PartnerAsync(HttpMethod.Delete, $"/partner/v1/connections/{id}");
        Assert.Equal(("disconnected", finished), (Text(report!, "state"), report!["finished"]!.GetValue<bool>()));
        Assert.Equal(HttpStatusCode.Conflict, (await World.Auth.AccessTokenAsync(ConnectionId.Parse(id))).Status);
        Assert.NotEmpty(World.Datadog.Grants.Of(org));
    }
}
