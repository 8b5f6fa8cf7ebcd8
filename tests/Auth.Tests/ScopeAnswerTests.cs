using System.Net;
using System.Text.Json.Nodes;
using Partner.Contracts;
using Partner.Sandbox;
using Partner.Sandbox.Traffic;

namespace Partner.Auth.Tests;

/// <summary>
/// A token answer's <c>scope</c> is OPTIONAL "if identical to the scope requested by the client; otherwise, REQUIRED" (RFC
/// 6749, section 5.1), and it has at least one token of at least one character (section 3.3: <c>scope = scope-token *( SP
/// scope-token )</c>, <c>scope-token = 1*( %x21 / %x23-5B / %x5D-7E )</c>). An empty one is therefore no scope, and not the
/// scope of nothing: it tells as little as one that is missing.
/// </summary>
public sealed class ScopeAnswerTests(World world) : IClassFixture<World>
{
    [Theory]
    [InlineData("")]
    [InlineData(""","scope":null""")]
    [InlineData(""","scope":"" """)]
    [InlineData(""","scope":"  " """)]
    public async Task AnAnswerWithoutAScopeTokenChangesNothing(string scope)
    {
        var (tenant, id, before) = await ConnectedAsync();

        await RefreshAsync(id, scope);

        var after = await world.Auth.ConnectionAsync(tenant);
        Assert.Equal(
            ("connected", before["scopes"]!.ToJsonString(), before["capabilities"]!.ToJsonString()),
            (after["state"]!.ToString(), after["scopes"]!.ToJsonString(), after["capabilities"]!.ToJsonString())
        );
        Assert.NotEmpty(after["scopes"]!.AsArray());
        Assert.Equal(0L, await ChangesAsync(id));
    }

    [Fact]
    [Trait("security", "16")]
    public async Task AnAnswerWithAnotherScopeIsBelieved()
    {
        var (tenant, id, _) = await ConnectedAsync();

        await RefreshAsync(id, ""","scope":"monitors_read" """);

        var after = await world.Auth.ConnectionAsync(tenant);
        Assert.Equal(
            ("degraded", """["monitors_read"]"""),
            (after["state"]!.ToString(), after["scopes"]!.ToJsonString())
        );
        Assert.Equal(1L, await ChangesAsync(id));
    }

    private async Task<(TenantId Tenant, ConnectionId Id, JsonNode Connection)> ConnectedAsync()
    {
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, $"Org {Guid.CreateVersion7():N}");
        var tenant = await world.Auth.NewTenantAsync();
        Assert.Equal("/connect/done", await world.NewBrowser().ConnectAsync(tenant, org));
        var connection = await world.Auth.ConnectionAsync(tenant);
        return (tenant, ConnectionId.Parse(connection["id"]!.ToString()), connection);
    }

    private async Task RefreshAsync(ConnectionId id, string scope)
    {
        world.Datadog.Faults.Add(
            new Fault
            {
                Filter = new TrafficFilter(Path: "/oauth2/v1/token"),
                Status = 200,
                Body =
                    $$"""{"access_token":"{{OpaqueTokens.New()}}","token_type":"Bearer","expires_in":3600{{scope}}}""",
                Headers = new Dictionary<string, string> { ["Content-Type"] = "application/json" },
                Count = 1,
            }
        );
        await world.Database.ExecuteAsync(
            "UPDATE connections SET token_expires_at = now() - interval '1 second' WHERE id = $1",
            id.Text
        );
        await world.Redis.FlushAsync();
        Assert.Equal(HttpStatusCode.OK, (await world.Auth.AccessTokenAsync(id)).Status);
    }

    private Task<long> ChangesAsync(ConnectionId id) =>
        world.VaultScalarAsync<long>(
            "SELECT count(*) FROM audit WHERE connection = $1 AND event = 'connection.scopes_changed'",
            id.Text
        );
}
