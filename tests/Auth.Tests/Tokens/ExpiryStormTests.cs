using System.Diagnostics;
using System.Net;
using Partner.Auth.Tokens;
using Partner.Contracts;
using Partner.Sandbox;
using Partner.Sandbox.OAuth;

namespace Partner.Auth.Tests.Tokens;

/// <summary>At the size that F9 speaks of, in a world whose time skips. It prints what it measured.</summary>
public sealed class ExpiryStormTests(World world) : TokenTests(world), IClassFixture<World>
{
    private const int Connections = 10_000;

    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    [Trait("fault", "F9")]
    public async Task TokensThatExpireInOneMinuteAreRefreshedOneByOne()
    {
        World.Logs.Keeps = false;
        await World.Database.ExecuteAsync("UPDATE connections SET next_step_at = NULL");
        await World.FreezeAsync();
        await World.Auth.Get<DatabaseClock>().MeasureAsync(CancellationToken.None);
        var ids = await SeedAsync();
        var hosts = new[] { World.Auth, await World.StartAuthAsync(), await World.StartAuthAsync() };
        await World.PassAsync(TimeSpan.FromMinutes(49.5));
        var (curve, latencies) = await SmoothAsync(hosts, ids);
        Storm.Print(
            $"F9: {Connections} tokens of one minute, {hosts.Length} instances; refreshes per second, mean of each ten seconds:"
        );
        Storm.Print(string.Join(' ', curve.Chunk(10).Select(ten => ten.Sum() / 10)));
        Storm.Print(
            $"F9: peak {curve.Max()} in a second, over {curve.Count(c => c > 0)} seconds; meanwhile {latencies.Length} token "
                + $"reads: p50 {Storm.At(latencies, 50)}, p99 {Storm.At(latencies, 99)}, worst {latencies.Max().TotalMilliseconds:F1} ms"
        );
        Assert.Equal((Connections, Connections), (curve.Sum(), await CountAsync(generation: 2)));
        // Six minutes for ten thousand are 28 a second.
        Assert.InRange(curve.Max(), 1, 100);

        // The worst: nobody could refresh for hours, and all callers come at once.
        await World.PassAsync(TimeSpan.FromHours(2));
        await World.ThawAsync();
        (curve, latencies) = await CatchUpAsync(hosts, ids);
        Storm.Print(
            $"F9: all {Connections} are dead, and each is asked for by a caller: refreshes per second: {string.Join(' ', curve)}"
        );
        Storm.Print(
            $"F9: those callers: p50 {Storm.At(latencies, 50)}, p99 {Storm.At(latencies, 99)}, worst {latencies.Max().TotalMilliseconds:F0} ms"
        );
        Assert.Equal((Connections, Connections), (curve.Sum(), await CountAsync(generation: 3)));
        World.Logs.Keeps = true;
    }

    private async Task<(List<int> Curve, TimeSpan[] Latencies)> SmoothAsync(AuthInstance[] hosts, ConnectionId[] ids)
    {
        using var done = new CancellationTokenSource();
        var reading = Task.WhenAll(hosts.Select(host => ReadAsync(host, ids, done.Token)));
        var curve = new List<int>();
        World.Datadog.Journal.Clear();
        for (var second = 0; second < 11 * 60 && curve.Sum() < Connections; second++)
        {
            await World.PassAsync(TimeSpan.FromSeconds(1));
            foreach (var host in hosts)
            {
                while (await host.StepWorkerAsync() > 0) { }
            }

            curve.Add(World.TokenRequests());
            World.Datadog.Journal.Clear();
        }

        await done.CancelAsync();
        return (curve, [.. (await reading).SelectMany(l => l)]);
    }

    /// <summary>The workers at their own pace, and one caller for each connection, 300 at a time.</summary>
    private async Task<(List<int> Curve, TimeSpan[] Latencies)> CatchUpAsync(AuthInstance[] hosts, ConnectionId[] ids)
    {
        using var stop = new CancellationTokenSource();
        var workers = hosts.Select(host => host.Get<Worker>()).ToList();
        await Task.WhenAll(workers.Select(worker => worker.StartAsync(stop.Token)));
        var latencies = new TimeSpan[ids.Length];
        var asking = Parallel.ForAsync(
            0,
            ids.Length,
            new ParallelOptions { MaxDegreeOfParallelism = 300 },
            async (i, _) =>
            {
                var since = Stopwatch.GetTimestamp();
                Assert.Equal(HttpStatusCode.OK, (await hosts[i % hosts.Length].AccessTokenAsync(ids[i])).Status);
                latencies[i] = Stopwatch.GetElapsedTime(since);
            }
        );
        var curve = new List<int>();
        while (!asking.IsCompleted)
        {
            await Task.WhenAny(asking, Task.Delay(TimeSpan.FromSeconds(1)));
            curve.Add(await CountAsync(generation: 3) - curve.Sum());
        }

        await asking;
        await Task.WhenAll(workers.Select(worker => worker.StopAsync(CancellationToken.None)));
        return (curve, latencies);
    }

    private async Task<int> CountAsync(long generation) =>
        (int)
            await World.Database.ScalarAsync<long>(
                "SELECT count(*) FROM connections WHERE generation = $1 AND last_used_at IS NOT NULL AND token_owner IS NOT NULL AND org IS NULL",
                generation
            );

    private async Task<ConnectionId[]> SeedAsync()
    {
        var tenant = await World.Auth.NewTenantAsync();
        var org = World.Datadog.Orgs.Add(SiteTable.Find("US1")!, "Storm");
        var ids = Enumerable.Range(0, Connections).Select(_ => ConnectionId.New()).ToArray();
        var since = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            ids,
            new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (id, _) => await SeedAsync(id, tenant, org)
        );
        Storm.Print($"{Connections} connections made in {Stopwatch.GetElapsedTime(since).TotalSeconds:F0} s");
        return ids;
    }

    private async Task SeedAsync(ConnectionId id, TenantId tenant, Org org)
    {
        var client = World.Datadog.Clients.Single();
        var redirect = $"{World.PublicUrl}/oauth/callback";
        var (tokens, _) = World.Datadog.Grants.Redeem(
            org.Site,
            client,
            World.Datadog.Grants.Issue(client, org, redirect, null),
            redirect,
            null
        );
        var vault = World.Auth.Get<VaultClient>();
        var owner = await vault.ReserveAsync(OwnerReservation.ForConnection(id), CancellationToken.None);
        await vault.StoreAsync(
            owner.Id,
            SecretKinds.RefreshToken,
            new StoredSecret(1, null, RefreshTokenText.Of("datadoghq.com", new Secret(tokens!.Refresh))),
            id,
            CancellationToken.None
        );
        var now = World.Auth.Get<DatabaseClock>().GetUtcNow();
        var token = new LiveToken(id, 1, "datadoghq.com", now + TimeSpan.FromHours(1), new Secret(tokens.Access));
        var next = RefreshSchedule.AheadOf(now, token.ExpiresAt, World.Auth.Get<Func<double>>()());
        await World.Database.ExecuteAsync(
            """
            INSERT INTO connections (id, tenant, profile, site, token_owner, state, setup_due, generation, sealed_token,
                token_expires_at, refreshed_at, last_used_at, next_step_at)
            VALUES ($1, $2, 'default', 'datadoghq.com', $3, 'connected', false, 1, $4, $5, $6, $6, $7)
            """,
            id.Text,
            tenant.Text,
            owner.Id.Text,
            await World.Auth.Get<Sealer>().SealAsync(token.Value, token.Context, CancellationToken.None),
            token.ExpiresAt,
            now,
            next
        );
    }

    /// <summary>A caller that reads one token after the other, as fast as it gets them.</summary>
    private static async Task<List<TimeSpan>> ReadAsync(AuthInstance host, ConnectionId[] ids, CancellationToken done)
    {
        var latencies = new List<TimeSpan>();
        for (var i = 0; !done.IsCancellationRequested; i = (i + 7919) % ids.Length)
        {
            var since = Stopwatch.GetTimestamp();
            var (status, _, _) = await host.AccessTokenAsync(ids[i]);
            latencies.Add(Stopwatch.GetElapsedTime(since));
            Assert.Equal(HttpStatusCode.OK, status);
        }

        return latencies;
    }
}
