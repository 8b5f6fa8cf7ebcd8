using System.Net;
using Partner.Auth.Tokens;
using Partner.Contracts;
using Partner.Sandbox;
using StackExchange.Redis;

namespace Partner.Auth.Tests.Tokens;

/// <summary>Redis may hold anything: what is no token of ours is a miss, never a refusal.</summary>
public sealed class RubbishInRedisTests(World world) : IClassFixture<World>
{
    [Theory]
    [InlineData("rubbish")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("\u0000")]
    [InlineData("""{"Generation":1,"Site":"datadoghq.com","ExpiresAt":"2100-01-01T00:00:00Z","Sealed":null}""")]
    [InlineData("""{"Generation":1,"Site":"datadoghq.com","ExpiresAt":"2100-01-01T00:00:00Z","Sealed":"AAAA"}""")]
    [InlineData(
        """
            {"Generation":1,"Site":"datadoghq.com","ExpiresAt":"2100-01-01T00:00:00Z","Sealed":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
            """
    )]
    [InlineData(
        """
            {"Generation":1,"Site":"datadoghq.com","ExpiresAt":"2100-01-01T00:00:00Z","Sealed":"AAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
            """
    )]
    public async Task TheTokenComesFromTheRow(string value)
    {
        var id = await ConnectAsync();
        var redis = world.Auth.Get<IConnectionMultiplexer>().GetDatabase();
        Assert.True(await redis.StringSetAsync(CacheKeys.AccessToken(id), value));

        Assert.Equal(HttpStatusCode.OK, (await world.Auth.AccessTokenAsync(id)).Status);
    }

    [Fact]
    public async Task AValueOfAnotherTypeIsAMissToo()
    {
        var id = await ConnectAsync();
        var redis = world.Auth.Get<IConnectionMultiplexer>().GetDatabase();
        await redis.KeyDeleteAsync(CacheKeys.AccessToken(id));
        await redis.ListRightPushAsync(CacheKeys.AccessToken(id), "x");

        Assert.Equal(HttpStatusCode.OK, (await world.Auth.AccessTokenAsync(id)).Status);
    }

    private async Task<ConnectionId> ConnectAsync()
    {
        var tenant = await world.Auth.NewTenantAsync();
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, "Rubbish");
        Assert.Equal("/connect/done", await world.NewBrowser().ConnectAsync(tenant, org));
        return ConnectionId.Parse((await world.Auth.ConnectionAsync(tenant))["id"]!.GetValue<string>());
    }
}
