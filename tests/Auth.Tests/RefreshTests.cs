using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Partner.Auth.Tokens;
using Partner.Contracts;
using Partner.Sandbox;
using Partner.Sandbox.OAuth;
using Partner.Sandbox.Traffic;

namespace Partner.Auth.Tests;

/// <summary>Refreshes, with a Datadog whose refresh tokens die when they are used.</summary>
public sealed class RefreshTests(World world) : IClassFixture<World>
{
    private const string TokenPath = "/oauth2/v1/token";

    [Fact]
    [Trait("fault", "F1")]
    [Trait("security", "41")]
    public async Task ManyCallersOfManyProcessesMakeOneRefresh()
    {
        var (id, _) = await ConnectAsync();
        var processes = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => world.StartAuthAsync()));
        await ExpireAsync(id);
        var before = world.TokenRequests();
        var answers = await Task.WhenAll(processes.SelectMany(p => Enumerable.Range(0, 40).Select(_ =>
            p.AccessTokenAsync(id))));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Single(answers.Select(answer => answer.Token!.Value.Reveal()).Distinct());
        Assert.Equal(before + 1, world.TokenRequests());
    }

    [Fact]
    [Trait("fault", "F6")]
    public async Task WithRedisFlushedOrDownNothingIsRefreshedTwice()
    {
        var (id, _) = await ConnectAsync();
        var other = await world.StartAuthAsync();
        var before = world.TokenRequests();
        var token = (await world.Auth.AccessTokenAsync(id)).Token!.Value;
        world.Redis.Kill();
        try
        {
            Assert.Equal(token, (await world.Auth.AccessTokenAsync(id)).Token!.Value);
            Assert.Equal(token, (await other.AccessTokenAsync(id)).Token!.Value);
            Assert.Equal(before, world.TokenRequests());

            await ExpireAsync(id, flush: false);
            var answers = await Task.WhenAll(
                new[] { world.Auth, other }.SelectMany(p => Enumerable.Range(0, 10).Select(_ =>
                    p.AccessTokenAsync(id))));
            Assert.Single(answers.Select(answer => answer.Token!.Value.Reveal()).Distinct());
            Assert.Equal(before + 1, world.TokenRequests());
        }
        finally
        {
            await world.Redis.RestartAsync();
        }
    }

    [Fact]
    [Trait("fault", "F2")]
    public async Task AnotherTakesOverFromAHolderThatDiedBeforeItAsked()
    {
        var (id, _) = await ConnectAsync();
        await ExpireAsync(id);
        var dead = await world.Auth.Get<LeaseStore>().TryAcquireAsync(id, await GenerationAsync(id),
            CancellationToken.None);
        Assert.Null(await world.Auth.Get<LeaseStore>().TryAcquireAsync(id, await GenerationAsync(id),
            CancellationToken.None));
        var before = world.TokenRequests();
        await AgeLeaseAsync(id);
        Assert.Equal(HttpStatusCode.OK, (await world.Auth.AccessTokenAsync(id)).Status);
        Assert.Equal(before + 1, world.TokenRequests());

        // The dead one's release frees nobody else's lease.
        var next = await world.Auth.Get<LeaseStore>().TryAcquireAsync(id, await GenerationAsync(id),
            CancellationToken.None);
        await world.Auth.Get<LeaseStore>().ReleaseAsync(id, dead!, TimeSpan.Zero, false, CancellationToken.None);
        Assert.NotNull(next);
        Assert.Null(await world.Auth.Get<LeaseStore>().TryAcquireAsync(id, await GenerationAsync(id),
            CancellationToken.None));
    }

    [Fact]
    [Trait("fault", "F3")]
    [Trait("security", "42")]
    public async Task ALostAnswerIsNotTakenForARevocationUntilItsTimeIsOver()
    {
        var (id, org) = await ConnectAsync();
        await ExpireAsync(id);
        world.Datadog.Faults.Add(new Fault { Filter = new TrafficFilter(Path: TokenPath),
            Action = FaultAction.LostAnswer, Count = 1 });
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await world.Auth.AccessTokenAsync(id)).Status);

        // Datadog has used the token up: invalid_grant, and an earlier attempt is undecided.
        await AgeLeaseAsync(id);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await world.Auth.AccessTokenAsync(id)).Status);
        Assert.Equal("connected", await StateAsync(id));

        // Nobody hammers meanwhile.
        var before = world.TokenRequests();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await world.Auth.AccessTokenAsync(id)).Status);
        Assert.Equal(before, world.TokenRequests());

        await AgeLeaseAsync(id, undecidedToo: true);
        Assert.Equal((HttpStatusCode.Conflict, "reauthorize"), Drop(await world.Auth.AccessTokenAsync(id)));
        Assert.Equal(("reauthorize", "refresh-answer-lost"), (await StateAsync(id), await ReasonAsync(id)));

        // And by connecting again it works, as the same connection.
        var tenant = TenantId.Parse(await world.Database.ScalarAsync<string>("SELECT tenant FROM connections WHERE id = $1", id.Text));
        Assert.Equal("/connect/done", await world.NewBrowser().ConnectAsync(tenant, org));
        Assert.Equal(("connected", HttpStatusCode.OK), (await StateAsync(id),
            (await world.Auth.AccessTokenAsync(id)).Status));
    }

    [Fact]
    [Trait("fault", "F3")]
    public async Task ATokenThatIsInTheVaultButNotInTheRowIsTakenUp()
    {
        var (id, _) = await ConnectAsync();
        await ExpireAsync(id);
        Assert.Equal(HttpStatusCode.OK, (await world.Auth.AccessTokenAsync(id)).Status);
        // As if the process had ended between the vault and the row.
        await world.Database.ExecuteAsync(
            "UPDATE connections SET generation = generation - 1, sealed_token = NULL, token_expires_at = NULL WHERE id = $1", id.Text);
        await world.Database.ExecuteAsync("DELETE FROM refresh_leases WHERE connection = $1", id.Text);
        await world.Redis.FlushAsync();
        Assert.Equal(HttpStatusCode.OK, (await world.Auth.AccessTokenAsync(id)).Status);
        Assert.Equal("connected", await StateAsync(id));
    }

    [Fact]
    [Trait("fault", "F10")]
    [Trait("security", "42")]
    public async Task ARevokedGrantEndsInReauthorizeAndIsNotAskedForAgain()
    {
        var (id, org) = await ConnectAsync();
        world.Datadog.Grants.RevokeAll(org);
        await ExpireAsync(id);
        Assert.Equal((HttpStatusCode.Conflict, "reauthorize"), Drop(await world.Auth.AccessTokenAsync(id)));
        Assert.Equal(("reauthorize", "grant-revoked"), (await StateAsync(id), await ReasonAsync(id)));
        var before = world.TokenRequests();
        Assert.Equal((HttpStatusCode.Conflict, "reauthorize"), Drop(await world.Auth.AccessTokenAsync(id)));
        await world.Auth.StepWorkerAsync();
        Assert.Equal(before, world.TokenRequests());
    }

    [Theory]
    [Trait("fault", "F8")]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task WhileDatadogFailsTheOldTokenServesToItsEndAndNothingIsGivenUp(int status)
    {
        var (id, _) = await ConnectAsync();
        var token = (await world.Auth.AccessTokenAsync(id)).Token!.Value;
        world.Datadog.Faults.Add(new Fault { Filter = new TrafficFilter(Path: TokenPath), Status = status });
        try
        {
            for (var i = 0; i < 5; i++)
            {
                await world.Database.ExecuteAsync("UPDATE connections SET next_step_at = now() - interval '1 second' WHERE id = $1", id.Text);
                await world.Auth.StepWorkerAsync();
                await AgeLeaseAsync(id);
            }

            Assert.Equal(token, (await world.Auth.AccessTokenAsync(id)).Token!.Value);
            Assert.Equal("connected", await StateAsync(id));
        }
        finally
        {
            world.Datadog.Faults.Clear();
        }

        await AgeLeaseAsync(id);
        await ExpireAsync(id);
        Assert.NotEqual(token, (await world.Auth.AccessTokenAsync(id)).Token!.Value);
    }

    [Fact]
    [Trait("fault", "F34")]
    [Trait("security", "37")]
    public async Task ASwappedClientSecretNeedsNoRestartAndKillsNobody()
    {
        var (id, _) = await ConnectAsync();
        var errors = world.Logs.Count(LogLevel.Error);
        var configuration = (IConfigurationRoot)world.Auth.App.Configuration;
        var next = world.Datadog.Clients.Single().Rotate("client-secret-new-one-of-the-test");
        try
        {
            await ExpireAsync(id);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await world.Auth.AccessTokenAsync(id)).Status);
            Assert.Equal("connected", await StateAsync(id));
            Assert.Equal(errors + 1, world.Logs.Count(LogLevel.Error));

            configuration["Clients:default:Secrets:0"] = next;
            configuration["Clients:default:Secrets:1"] = world.Secret;
            configuration.Reload();
            await AgeLeaseAsync(id);
            Assert.Equal(HttpStatusCode.OK, (await world.Auth.AccessTokenAsync(id)).Status);

            // The other way round: the list is ahead of Datadog.
            world.Datadog.Clients.Single().Rotate(world.Secret);
            await ExpireAsync(id);
            Assert.Equal(HttpStatusCode.OK, (await world.Auth.AccessTokenAsync(id)).Status);
        }
        finally
        {
            world.Datadog.Clients.Single().Rotate(world.Secret);
            configuration["Clients:default:Secrets:0"] = world.Secret;
            configuration["Clients:default:Secrets:1"] = "";
            configuration.Reload();
        }
    }

    [Fact]
    public async Task TheWorkerRefreshesAheadAndIdleConnectionsDaily()
    {
        var (id, _) = await ConnectAsync();
        await world.Database.ExecuteAsync("UPDATE connections SET next_step_at = now() - interval '1 second', last_used_at = NULL WHERE id = $1", id.Text);
        var generation = await GenerationAsync(id);
        await world.Auth.StepWorkerAsync();
        Assert.Equal(generation + 1, await GenerationAsync(id));
        Assert.InRange(await HoursToNextAsync(id), 17.5, 24);

        // Used: from then on ahead of expiry.
        await world.Auth.AccessTokenAsync(id);
        Assert.InRange(await HoursToNextAsync(id), 49 / 60.0, 55.5 / 60);
    }

    [Fact]
    [Trait("security", "28")]
    public async Task ASiteThatWasEditedByHandGetsNoToken()
    {
        var (id, _) = await ConnectAsync();
        await world.Redis.FlushAsync();
        await world.Database.ExecuteAsync("UPDATE connections SET site = 'us3.datadoghq.com' WHERE id = $1", id.Text);
        var before = world.Datadog.Journal.Entries.Count;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await world.Auth.AccessTokenAsync(id)).Status);
        Assert.Equal(before, world.Datadog.Journal.Entries.Count);
        Assert.Equal(("degraded", "token-of-another-site"), (await StateAsync(id), await ReasonAsync(id)));
    }

    [Fact]
    [Trait("security", "29")]
    [Trait("security", "32")]
    [Trait("security", "33")]
    public async Task NoSecretIsInLogsRedisOrTheDatabase()
    {
        var (id, _) = await ConnectAsync();
        await ExpireAsync(id);
        var token = (await world.Auth.AccessTokenAsync(id)).Token!.Value.Reveal();
        var dump = await world.Database.ScalarAsync<string>(
            "SELECT string_agg(t, ' ') FROM (SELECT c::text t FROM connections c UNION ALL SELECT a::text FROM attempts a UNION ALL SELECT s::text FROM connect_sessions s) x");
        using var redis = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(world.Redis.ConnectionString);
        var cached = (string)(await redis.GetDatabase().StringGetAsync(CacheKeys.AccessToken(id)))!;
        var life = await redis.GetDatabase().KeyTimeToLiveAsync(CacheKeys.AccessToken(id));

        Assert.Contains("\"Generation\"", cached);
        Assert.InRange(life!.Value, TimeSpan.FromMinutes(50), TimeSpan.FromSeconds(3571));
        foreach (var secret in new[] { token, world.Secret })
        {
            Assert.DoesNotContain(secret, dump);
            Assert.DoesNotContain(secret, cached);
            Assert.DoesNotContain(secret, world.Logs.Text);
        }

        // Codes, states, cookies and verifiers are 43 characters of base64url, and so are the sandbox's tokens.
        Assert.DoesNotMatch("(?<![A-Za-z0-9_./+-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_./+-])", world.Logs.Text);
    }

    private async Task<(ConnectionId Id, Org Org)> ConnectAsync()
    {
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, $"Org {Guid.CreateVersion7():N}");
        var tenant = await world.Auth.NewTenantAsync();
        Assert.Equal("/connect/done", await world.NewBrowser().ConnectAsync(tenant, org));
        return (ConnectionId.Parse((await world.Auth.ConnectionAsync(tenant))["id"]!.GetValue<string>()), org);
    }

    /// <summary>As if an hour had passed for this connection's access token.</summary>
    private async Task ExpireAsync(ConnectionId id, bool flush = true)
    {
        await world.Database.ExecuteAsync("UPDATE connections SET token_expires_at = now() - interval '1 second' WHERE id = $1", id.Text);
        if (flush)
        {
            await world.Redis.FlushAsync();
        }
    }

    private Task AgeLeaseAsync(ConnectionId id, bool undecidedToo = false) => world.Database.ExecuteAsync(
        """
        UPDATE refresh_leases SET lease_until = now() - interval '1 second',
            undecided_until = CASE WHEN $2 THEN now() - interval '1 second' ELSE undecided_until END
        WHERE connection = $1
        """, id.Text, undecidedToo);

    private Task<string> StateAsync(ConnectionId id) => world.Database.ScalarAsync<string>("SELECT state FROM connections WHERE id = $1", id.Text);

    private Task<string> ReasonAsync(ConnectionId id) => world.Database.ScalarAsync<string>("SELECT reason FROM connections WHERE id = $1", id.Text);

    private Task<long> GenerationAsync(ConnectionId id) => world.Database.ScalarAsync<long>("SELECT generation FROM connections WHERE id = $1", id.Text);

    private Task<double> HoursToNextAsync(ConnectionId id) => world.Database.ScalarAsync<double>(
        "SELECT (extract(epoch FROM next_step_at - now()) / 3600)::float8 FROM connections WHERE id = $1", id.Text);

    private static (HttpStatusCode, string?) Drop((HttpStatusCode Status, AccessToken? Token, string? Type) answer) =>
        (answer.Status, answer.Type);
}

internal static class RedisFlush
{
    /// <summary>Everything in it may be lost at any moment.</summary>
    public static async Task FlushAsync(this Testing.RedisServer redis)
    {
        using var connection = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync($"{redis.ConnectionString},allowAdmin=true");
        await connection.GetServer(redis.ConnectionString).FlushAllDatabasesAsync();
    }
}
