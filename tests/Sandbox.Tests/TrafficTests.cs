using Partner.Sandbox.Traffic;
using Partner.Testing;

namespace Partner.Sandbox.Tests;

public sealed class TrafficTests
{
    /// <summary>Of a test that would otherwise wait for ever, in milliseconds.</summary>
    private const int Limit = 30_000;

    private const string Log = """[{"message":"one"}]""";

    [Fact(Timeout = Limit)]
    public async Task AHeldRequestArrivesWhenItIsReleased()
    {
        await using var world = await World.StartAsync();
        var (us1, us3) = (await world.KeyAsync("US1"), await world.KeyAsync("US3"));
        world.State.Holds.Hold(new TrafficFilter("us3"));

        var held = world.LogsAsync("US3", us3, Log);
        await world.State.Holds.WaitForAsync(1, World.Token);
        var other = await world.LogsAsync("US1", us1, Log);

        Assert.Equal(202, (int)other.Status);
        Assert.Equal((1, 1, false), (world.State.Holds.Waiting, world.State.Arrivals.Count, held.IsCompleted));
        world.State.Holds.Release();
        Assert.Equal(202, (int)(await held).Status);
        Assert.Equal((0, 2), (world.State.Holds.Waiting, world.State.Arrivals.Count));
    }

    [Fact(Timeout = Limit)]
    public async Task AHoldStopsDataAndNotTokens()
    {
        await using var world = await World.StartAsync();
        world.State.Holds.Hold(new TrafficFilter());

        Assert.NotEmpty(await world.KeyAsync("US1"));
    }

    [Fact(Timeout = Limit)]
    public async Task AClientThatLeavesWhileHeldHasSentNothing()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        world.State.Holds.Hold(new TrafficFilter());
        using var leaving = new CancellationTokenSource();
        var large = $$"""[{"message":"{{new string('x', 3_000_000)}}"}]""";

        var held = world.Http.SendAsync(World.Logs("US1", key, new StringContent(large)), leaving.Token);
        await world.State.Holds.WaitForAsync(1, World.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => held);
        // Kestrel tells of a client's leaving when its socket does; there is no event to await.
        await Until.TrueAsync(() => world.State.Holds.Waiting == 0);
        world.State.Holds.Release();
        await world.LogsAsync("US1", key, Log);

        Assert.Equal(1, world.State.Arrivals.Count);
    }

    [Fact(Timeout = Limit)]
    public async Task ALostAnswerIsProcessedAndNotHeard()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        world.State.Faults.Add(new Fault { Action = FaultAction.LostAnswer, Count = 1 });

        await Assert.ThrowsAsync<HttpRequestException>(() => world.LogsAsync("US1", key, Log));
        var again = await world.LogsAsync("US1", key, Log);

        Assert.Equal((202, 2), ((int)again.Status, world.State.Arrivals.Count));
    }

    [Fact(Timeout = Limit)]
    public async Task AResetIsNotProcessed()
    {
        await using var world = await World.StartAsync();
        var key = await world.KeyAsync("US1");
        world.State.Faults.Add(new Fault { Action = FaultAction.Reset, Count = 1 });

        await Assert.ThrowsAsync<HttpRequestException>(() => world.LogsAsync("US1", key, Log));

        Assert.Equal(0, world.State.Arrivals.Count);
    }

    [Fact(Timeout = Limit)]
    public async Task AStatusFaultMeetsThePathAndTheOrgItNamesAsOftenAsItSays()
    {
        await using var world = await World.StartAsync();
        var (us1, us3) = (await world.KeyAsync("US1"), await world.KeyAsync("US3"));
        world.State.Faults.Add(
            new Fault
            {
                Filter = new TrafficFilter(Org: "Demo US3", Path: "/api/v2/logs"),
                Status = 429,
                Body = "{}",
                Headers = new Dictionary<string, string> { ["X-RateLimit-Reset"] = "30" },
                Count = 2,
            }
        );

        var statuses = new List<int>();
        foreach (var (site, key) in new[] { ("US1", us1), ("US3", us3), ("US3", us3), ("US3", us3) })
        {
            statuses.Add((int)(await world.LogsAsync(site, key, Log)).Status);
        }

        Assert.Equal([202, 429, 429, 202], statuses);
    }

    [Fact(Timeout = Limit)]
    public async Task AFaultOfSomeProbabilityAsksItsChance()
    {
        await using var world = await World.StartAsync();
        var rolls = new Queue<double>([0.3, 0.1]);
        world.State.Faults.Chance = rolls.Dequeue;
        world.State.Faults.Add(new Fault { Status = 503, Probability = 0.2 });

        Assert.Equal(401, (int)(await world.LogsAsync("US1", null, Log)).Status);
        Assert.Equal(503, (int)(await world.LogsAsync("US1", null, Log)).Status);
    }

    [Fact(Timeout = Limit)]
    public async Task WhatHangsIsCutOffWhenFaultsAreCleared()
    {
        await using var world = await World.StartAsync();
        world.State.Faults.Add(new Fault { Action = FaultAction.Hang });

        var hanging = world.LogsAsync("US1", null, Log);
        await Until.TrueAsync(() => hanging.IsCompleted || world.State.Faults.Met == 1);
        world.State.Faults.Clear();

        await Assert.ThrowsAsync<HttpRequestException>(() => hanging);
    }
}
