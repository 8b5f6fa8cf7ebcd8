using System.Net;
using Microsoft.Extensions.Logging;
using Partner.Auth.Tokens;
using Partner.Contracts;

namespace Partner.Auth.Tests.Tokens;

/// <summary>Where tokens are, and where they are not.</summary>
[Collection(TokenWorld.Name)]
public sealed class TokenSecrecyTests(World world) : TokenTests(world)
{
    [Fact]
    [Trait("security", "28")]
    public async Task ASiteThatWasEditedByHandGetsNoToken()
    {
        var (id, _) = await ConnectAsync();
        await World.Redis.FlushAsync();
        await World.Database.ExecuteAsync("UPDATE connections SET site = 'us3.datadoghq.com' WHERE id = $1", id.Text);
        var before = World.Datadog.Journal.Entries.Count;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await World.Auth.AccessTokenAsync(id)).Status);
        Assert.Equal(before, World.Datadog.Journal.Entries.Count);
        Assert.Equal(("degraded", "token-of-another-site"), (await StateAsync(id), await ReasonAsync(id)));
    }

    [Fact]
    [Trait("security", "28")]
    public async Task ASiteThatWasEditedByHandGetsNoApiKey()
    {
        var (id, _) = await ConnectAsync();
        await World.Database.ExecuteAsync(
            "UPDATE connections SET site = 'us3.datadoghq.com', refreshed_at = $2 WHERE id = $1",
            id.Text,
            World.Clock.GetUtcNow()
        );
        var (before, errors) = (World.Datadog.Journal.Entries.Count, World.Logs.Count(LogLevel.Error));
        Assert.Equal(new ConnectionCheck(ConnectionState.Connected, null, null), await World.Auth.CheckAsync(id));
        Assert.Equal(before, World.Datadog.Journal.Entries.Count);
        Assert.True(World.Logs.Count(LogLevel.Error) > errors);

        await World.Database.ExecuteAsync("UPDATE connections SET site = 'datadoghq.com' WHERE id = $1", id.Text);
        Assert.Equal(new ConnectionCheck(ConnectionState.Connected, null, true), await World.Auth.CheckAsync(id));
    }

    [Fact]
    [Trait("security", "28")]
    public async Task AnApiKeyThatIsOlderThanItsSiteGetsItWhereItIsTaken()
    {
        var (id, _) = await ConnectAsync();
        var owner = OwnerId.Parse(
            await World.Database.ScalarAsync<string>("SELECT key_owner FROM connections WHERE id = $1", id.Text)
        );
        var vault = World.Auth.Get<VaultClient>();
        var key = (await vault.ReadAsync(owner, SecretKinds.ApiKey, id, default))!;
        Assert.Equal((1, "datadoghq.com"), (key.Version, key.Site));
        Assert.True(
            await vault.StoreAsync(owner, SecretKinds.ApiKey, key with { Version = 2, Site = null }, id, default)
        );

        Assert.True((await World.Auth.CheckAsync(id)).KeyValid);
        Assert.Equal(key with { Version = 3 }, await vault.ReadAsync(owner, SecretKinds.ApiKey, id, default));
        Assert.True((await World.Auth.CheckAsync(id)).KeyValid);
        Assert.Equal(key with { Version = 3 }, await vault.ReadAsync(owner, SecretKinds.ApiKey, id, default));
    }

    [Fact]
    [Trait("security", "29")]
    [Trait("security", "32")]
    [Trait("security", "33")]
    public async Task NoSecretIsInLogsRedisOrTheDatabase()
    {
        var (id, _) = await ConnectAsync();
        await ExpireAsync(id);
        var token = (await World.Auth.AccessTokenAsync(id)).Token!.Value.Reveal();
        var dump = await World.Database.ScalarAsync<string>(
            "SELECT string_agg(t, ' ') FROM (SELECT c::text t FROM connections c UNION ALL SELECT a::text FROM attempts a UNION ALL SELECT s::text FROM connect_sessions s) x"
        );
        using var redis = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(World.Redis.ConnectionString);
        var cached = (string)(await redis.GetDatabase().StringGetAsync(CacheKeys.AccessToken(id)))!;
        var life = await redis.GetDatabase().KeyTimeToLiveAsync(CacheKeys.AccessToken(id));

        Assert.Contains("\"Generation\"", cached);
        Assert.InRange(life!.Value, TimeSpan.FromMinutes(50), TimeSpan.FromSeconds(3571));
        foreach (var secret in new[] { token, World.Secret })
        {
            Assert.DoesNotContain(secret, dump);
            Assert.DoesNotContain(secret, cached);
            Assert.DoesNotContain(secret, World.Logs.Text);
        }

        // Codes, states, cookies and verifiers are 43 characters of base64url, and so are the sandbox's tokens.
        Assert.DoesNotMatch("(?<![A-Za-z0-9_./+-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_./+-])", World.Logs.Text);
    }
}
