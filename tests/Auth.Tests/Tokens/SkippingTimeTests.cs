using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Partner.Auth.Tokens;
using Partner.Contracts;
using Partner.Sandbox.Traffic;

namespace Partner.Auth.Tests.Tokens;

/// <summary>Hours of a token's life, and hosts whose clocks are wrong.</summary>
[Collection(SkippingWorld.Name)]
public sealed class SkippingTimeTests(World world) : TokenTests(world)
{
    [Fact]
    [Trait("fault", "F8")]
    public async Task TwoHoursWithoutATokenEndpointExhaustNobody()
    {
        var (id, _) = await ConnectAsync();
        var first = (await World.Auth.AccessTokenAsync(id)).Token!;
        var refreshed = Granted();
        var asked = World.TokenRequests();
        World.Datadog.Faults.Add(At(FaultAction.Status, status: 503));
        try
        {
            for (var minute = 0; minute < 120; minute++)
            {
                await World.PassAsync(TimeSpan.FromMinutes(1));
                await World.Auth.StepWorkerAsync();
                var (status, token, _) = await World.Auth.AccessTokenAsync(id);
                var live = first.ExpiresAt - World.Clock.GetUtcNow();
                if (live > TimeSpan.FromSeconds(30))
                {
                    Assert.Equal(first.Value, token!.Value);
                }
                else if (live < TimeSpan.Zero)
                {
                    Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
                }
            }

            Assert.Equal("connected", await StateAsync(id));
            // Not an attempt for each caller: 70 minutes of failing, with pauses that grow to some five minutes. The
            // connections of the tests before this one are refreshed too.
            var connections = (int)await World.Database.ScalarAsync<long>("SELECT count(*) FROM connections");
            Assert.InRange(World.TokenRequests() - asked, 8, 80 * connections);
        }
        finally
        {
            World.Datadog.Faults.Clear();
        }

        await World.PassAsync(TimeSpan.FromMinutes(8));
        Assert.Equal(HttpStatusCode.OK, (await World.Auth.AccessTokenAsync(id)).Status);
        Assert.Equal(refreshed + 1, Granted());
    }

    [Fact]
    [Trait("fault", "F8")]
    public async Task ATokenEndpointThatHangsKeepsNobodyFromTheOldToken()
    {
        var (id, _) = await ConnectAsync();
        var first = (await World.Auth.AccessTokenAsync(id)).Token!;
        await World.PassAsync(TimeSpan.FromMinutes(59.2));
        World.Datadog.Faults.Add(At(FaultAction.Hang));
        try
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => World.Auth.AccessTokenAsync(id)));
            Assert.All(answers, answer => Assert.Equal(first.Value, answer.Token!.Value));
            Assert.Equal("connected", await StateAsync(id));
        }
        finally
        {
            World.Datadog.Faults.Clear();
        }
    }

    [Theory]
    [Trait("fault", "F27")]
    [InlineData(10)]
    [InlineData(-10)]
    public async Task AHostWhoseClockJumpsNeitherUsesADeadTokenNorRefreshesEarly(int minutes)
    {
        var (id, _) = await ConnectAsync();
        var clock = new HostClock(World.Clock);
        var host = await World.StartAuthAsync(services => services.AddSingleton<TimeProvider>(clock));
        await World.PassAsync(TimeSpan.FromMinutes(46));
        var first = Assert.IsType<AccessTokens.Answer.Token>(await AskAsync(host, id)).Live;
        var (asked, due) = (World.TokenRequests(), await HoursToNextAsync(id));

        clock.Wrong = TimeSpan.FromMinutes(minutes);
        await World.Redis.FlushAsync();
        Assert.Equal(first.Value, Assert.IsType<AccessTokens.Answer.Token>(await AskAsync(host, id)).Live.Value);
        await host.StepWorkerAsync();
        Assert.Equal(asked, World.TokenRequests());
        Assert.Equal(due, await HoursToNextAsync(id), 0.01);

        // Its end has come. A wrong host may be of no use, for the others do not believe its tokens either; but it
        // gives out nothing that is dead, and the right ones go on.
        await World.PassAsync(TimeSpan.FromMinutes(14.2));
        await World.Redis.FlushAsync();
        Assert.IsType<AccessTokens.Answer.Unavailable>(await AskAsync(host, id));
        await World.PassAsync(TimeSpan.FromSeconds(10));
        var next = (await World.Auth.AccessTokenAsync(id)).Token!;
        Assert.NotEqual(first.Value, next.Value);
        Assert.Equal(asked + 1, World.TokenRequests());
        Assert.InRange(next.ExpiresAt - World.Clock.GetUtcNow(), TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(60.1));
    }

    [Fact]
    [Trait("fault", "F10")]
    public async Task ARevocationIsFoundWithinTheHourWhereDataFlowsAndWithinADayWhereNoneDoes()
    {
        var (flowing, org) = await ConnectAsync();
        var (idle, other) = await ConnectAsync();
        await World.Auth.StepWorkerAsync();
        await IdleAsync(flowing);
        await IdleAsync(idle);
        var start = World.Clock.GetUtcNow();
        World.Datadog.Grants.RevokeAll(org);
        World.Datadog.Grants.RevokeAll(other);

        // Only its route is asked for: metrics and logs go with the API key and need no token.
        await PassUntilAsync(flowing, TimeSpan.FromMinutes(2), alsoAskForRoute: true);
        Assert.InRange(World.Clock.GetUtcNow() - start, TimeSpan.Zero, TimeSpan.FromHours(1));
        Assert.Equal("grant-revoked", await ReasonAsync(flowing));
        Assert.Equal("connected", await StateAsync(idle));

        await PassUntilAsync(idle, TimeSpan.FromMinutes(30), alsoAskForRoute: false);
        Assert.InRange(World.Clock.GetUtcNow() - start, TimeSpan.FromHours(1), TimeSpan.FromHours(24));
    }

    [Fact]
    [Trait("fault", "F11")]
    public async Task AKeyThatWasDeletedInAnIdleConnectionIsFoundWithinADay()
    {
        var (id, org) = await ConnectAsync();
        await IdleAsync(id);
        org.Keys.Single().Live = false;
        for (var hour = 0; hour < 24 && await StateAsync(id) == "connected"; hour++)
        {
            await World.PassAsync(TimeSpan.FromHours(1));
            await World.Auth.StepWorkerAsync();
        }

        Assert.Equal(("degraded", "api-key-rejected"), (await StateAsync(id), await ReasonAsync(id)));
    }

    [Fact]
    [Trait("fault", "F9")]
    public async Task ABacklogAtOneSiteHoldsUpNoOther()
    {
        var (id, _) = await ConnectAsync();
        var now = World.Clock.GetUtcNow();
        await World.Database.ExecuteAsync(
            """
            INSERT INTO connections (id, tenant, profile, site, state, setup_due, next_step_at)
            SELECT 'con_' || md5(i::text), c.tenant, 'default', s.site, 'connected', false, $2 - s.late
            FROM connections c, generate_series(1, 100) AS i,
                LATERAL (SELECT CASE WHEN i < 100 THEN 'us3.datadoghq.com' ELSE 'datadoghq.eu' END AS site,
                    CASE WHEN i < 100 THEN interval '1 hour' ELSE interval '1 second' END AS late) AS s
            WHERE c.id = $1
            """,
            id.Text,
            now
        );
        await World.Auth.StepWorkerAsync();
        Assert.Equal(
            (Worker.PerSite, 1L),
            (
                (int)
                    await World.Database.ScalarAsync<long>(
                        "SELECT count(*) FROM connections WHERE site = 'us3.datadoghq.com' AND next_step_at > $1",
                        now
                    ),
                await World.Database.ScalarAsync<long>(
                    "SELECT count(*) FROM connections WHERE site = 'datadoghq.eu' AND next_step_at > $1",
                    now
                )
            )
        );
        await World.Database.ExecuteAsync("DELETE FROM connections WHERE token_owner IS NULL AND state = 'connected'");
    }

    private async Task PassUntilAsync(ConnectionId id, TimeSpan step, bool alsoAskForRoute)
    {
        for (var i = 0; i < 60 && await StateAsync(id) == "connected"; i++)
        {
            if (alsoAskForRoute)
            {
                await World.Auth.RecordAsync(id);
            }

            await World.PassAsync(step);
            await World.Auth.StepWorkerAsync();
        }

        Assert.Equal("reauthorize", await StateAsync(id));
    }

    /// <summary>Nobody has asked for it for longer than an hour, and it was looked at a moment ago.</summary>
    private async Task IdleAsync(ConnectionId id)
    {
        await World.Database.ExecuteAsync(
            "UPDATE connections SET last_used_at = NULL, refreshed_at = refreshed_at - interval '2 minutes', next_step_at = $2 WHERE id = $1",
            id.Text,
            World.Clock.GetUtcNow().AddMinutes(-1)
        );
        await World.Auth.StepWorkerAsync();
        Assert.InRange(await HoursToNextAsync(id), 17.5, 24);
    }

    private static Task<AccessTokens.Answer> AskAsync(AuthInstance auth, ConnectionId id) =>
        auth.Get<AccessTokens>().GetAsync(id, CancellationToken.None);
}
