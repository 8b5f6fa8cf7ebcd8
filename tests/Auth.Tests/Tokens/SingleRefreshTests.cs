using System.Net;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Partner.Auth.Tokens;
using Partner.Sandbox.Traffic;
using Partner.Testing;

namespace Partner.Auth.Tests.Tokens;

/// <summary>One refresh per connection and generation, however many ask and whatever Redis does.</summary>
[Collection(TokenWorld.Name)]
public sealed class SingleRefreshTests(World world) : TokenTests(world)
{
    [Fact]
    [Trait("fault", "F1")]
    [Trait("security", "41")]
    public async Task ManyCallersOfManyProcessesMakeOneRefresh()
    {
        var (id, _) = await ConnectAsync();
        var processes = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => World.StartAuthAsync()));
        await ExpireAsync(id);
        var before = World.TokenRequests();
        var answers = await Task.WhenAll(
            processes.SelectMany(p => Enumerable.Range(0, 40).Select(_ => p.AccessTokenAsync(id)))
        );
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Single(answers.Select(answer => answer.Token!.Value.Reveal()).Distinct());
        Assert.Equal(before + 1, World.TokenRequests());
    }

    [Fact]
    [Trait("fault", "F6")]
    public async Task WithRedisFlushedOrDownNothingIsRefreshedTwice()
    {
        var (id, _) = await ConnectAsync();
        var other = await World.StartAuthAsync();
        var before = World.TokenRequests();
        var token = (await World.Auth.AccessTokenAsync(id)).Token!.Value;
        World.Redis.Kill();
        try
        {
            Assert.Equal(token, (await World.Auth.AccessTokenAsync(id)).Token!.Value);
            Assert.Equal(token, (await other.AccessTokenAsync(id)).Token!.Value);
            Assert.Equal(before, World.TokenRequests());
            Assert.Equal(
                (HealthStatus.Degraded, "Redis does not answer; tokens are read from the database."),
                await CacheHealthAsync()
            );
            Assert.Contains("Redis did not answer", World.Logs.Text);

            await ExpireAsync(id, flush: false);
            var answers = await Task.WhenAll(
                new[] { World.Auth, other }.SelectMany(p => Enumerable.Range(0, 10).Select(_ => p.AccessTokenAsync(id)))
            );
            Assert.Single(answers.Select(answer => answer.Token!.Value.Reveal()).Distinct());
            Assert.Equal(before + 1, World.TokenRequests());
        }
        finally
        {
            await World.Redis.RestartAsync();
        }

        await Until.TrueAsync(async () =>
        {
            await World.Auth.AccessTokenAsync(id);
            return await CacheHealthAsync() == (HealthStatus.Healthy, null);
        });
        Assert.Contains("Redis answers again", World.Logs.Text);
    }

    private async Task<(HealthStatus, string?)> CacheHealthAsync()
    {
        var entry = (await World.Auth.Get<HealthCheckService>().CheckHealthAsync()).Entries["cache"];
        return (entry.Status, entry.Description);
    }

    [Fact]
    [Trait("fault", "F6")]
    public async Task RedisThatGoesAwayInTheMiddleOfARefreshChangesNothing()
    {
        var (id, _) = await ConnectAsync();
        var other = await World.StartAuthAsync();
        await ExpireAsync(id);
        var (granted, used, met) = (Granted(), UsedTwice(), World.Datadog.Faults.Met);
        World.Datadog.Faults.Add(At(FaultAction.Delay, count: 1, delayMs: 1_000));
        var asking = new[] { World.Auth, other }
            .SelectMany(p => Enumerable.Range(0, 10).Select(_ => p.AccessTokenAsync(id)))
            .ToList();
        await Until.TrueAsync(() => World.Datadog.Faults.Met > met);
        await World.Redis.FlushAsync();
        World.Redis.Kill();
        try
        {
            var answers = await Task.WhenAll(asking);
            Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
            Assert.Single(answers.Select(answer => answer.Token!.Value.Reveal()).Distinct());
            Assert.Equal((granted + 1, used), (Granted(), UsedTwice()));
        }
        finally
        {
            await World.Redis.RestartAsync();
        }
    }

    [Fact]
    [Trait("fault", "F2")]
    public async Task AnotherTakesOverFromAHolderThatDiedBeforeItAsked()
    {
        var (id, _) = await ConnectAsync();
        await ExpireAsync(id);
        var dead = await World
            .Auth.Get<LeaseStore>()
            .TryAcquireAsync(id, await GenerationAsync(id), CancellationToken.None);
        Assert.Null(
            await World.Auth.Get<LeaseStore>().TryAcquireAsync(id, await GenerationAsync(id), CancellationToken.None)
        );
        var before = World.TokenRequests();
        await AgeLeaseAsync(id);
        Assert.Equal(HttpStatusCode.OK, (await World.Auth.AccessTokenAsync(id)).Status);
        Assert.Equal(before + 1, World.TokenRequests());

        // The dead one's release frees nobody else's lease.
        var next = await World
            .Auth.Get<LeaseStore>()
            .TryAcquireAsync(id, await GenerationAsync(id), CancellationToken.None);
        await World.Auth.Get<LeaseStore>().ReleaseAsync(id, dead!, TimeSpan.Zero, false, CancellationToken.None);
        Assert.NotNull(next);
        Assert.Null(
            await World.Auth.Get<LeaseStore>().TryAcquireAsync(id, await GenerationAsync(id), CancellationToken.None)
        );
    }
}
