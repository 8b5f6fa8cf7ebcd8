using System.Runtime.CompilerServices;
using Partner.Contracts;
using Partner.Sending.Lanes;

namespace Partner.Sending.Tests;

/// <summary>What lanes of one site may take from those of the others, and backlog from live data.</summary>
public sealed class SiteTests
{
    [Fact]
    [Trait("fault", "F13")]
    [Trait("fault", "F23")]
    public void ASiteThatHangsTakesNoMoreThanItsSlots()
    {
        var lanes = new LanesUnderTest(new DeliveryOptions { Slots = 8, SiteSlots = 5 });
        var (hung, other) = (LanesUnderTest.Connections(20), LanesUnderTest.Connections(3));
        hung.ForEach(c => lanes.Accept(c));
        var stuck = lanes.TakeAll(_ => "hung");
        Assert.Equal(5, stuck.Count);
        other.ForEach(c => lanes.Accept(c));
        Assert.Equal(3, lanes.TakeAll(_ => "other").Count);

        // Now that their site is known, those in line for it no longer cost a look each; one goes when one comes back.
        lanes.Deliver(stuck[0]);
        Assert.Equal(
            ["hung"],
            lanes.TakeAll(b => hung.Contains(b.Lane.Connection) ? "hung" : "other").Select(b => b.Lane.Site!)
        );
        Assert.Equal(8, lanes.Scheduler.InFlight);
    }

    [Fact]
    [Trait("fault", "F12")]
    [Trait("fault", "F23")]
    public void ProbesOfASiteThatIsAwayLeaveSlotsForOtherSuspects()
    {
        var lanes = new LanesUnderTest(new DeliveryOptions { Slots = 64, SuspectSlots = 4 });
        var (away, other) = (LanesUnderTest.Connections(20), ConnectionId.New());
        string SiteOf(Batch batch) => batch.Lane.Connection == other ? "other" : "away";
        away.ForEach(c => lanes.Accept(c));
        lanes.Accept(other);
        lanes.TakeAll(SiteOf).ForEach(lanes.Fail);
        lanes.Time.Advance(TimeSpan.FromSeconds(1));
        var probes = lanes.TakeAll(SiteOf);
        Assert.All(probes, b => Assert.True(b.IsProbe));
        Assert.Equal(["away", "away", "other"], probes.Select(SiteOf).Order());
    }

    [Fact]
    public void EveryLaneThatWaitedForASlotGetsOne()
    {
        var lanes = new LanesUnderTest(
            new DeliveryOptions
            {
                Slots = 8,
                SuspectSlots = 2,
                SiteSlots = 3,
            }
        );
        var connections = LanesUnderTest.Connections(50);
        connections.ForEach(c => lanes.Accept(c));
        string SiteOf(Batch batch) => $"{connections.IndexOf(batch.Lane.Connection) % 3}";
        var (failed, delivered) = (new HashSet<ConnectionId>(), new HashSet<ConnectionId>());
        for (var round = 0; round < 200 && delivered.Count < 50; round++)
        {
            foreach (var batch in lanes.TakeAll(SiteOf))
            {
                // Each fails once.
                if (failed.Add(batch.Lane.Connection))
                {
                    lanes.Fail(batch);
                }
                else
                {
                    lanes.Deliver(batch);
                    delivered.Add(batch.Lane.Connection);
                }
            }

            lanes.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal((50, 0), (delivered.Count, lanes.Scheduler.InFlight));
    }

    [Fact]
    [Trait("fault", "F13")]
    public void NoProbeStartsWhileADeliveryOfTheFailedWaveIsUnderWayAndThenExactlyOne()
    {
        var lanes = new LanesUnderTest(new DeliveryOptions());
        var connection = ConnectionId.New();
        lanes.Accept(connection);
        lanes.Deliver(Assert.Single(lanes.TakeAll()));
        lanes.Accept(connection, segments: 3, bytes: 4_000_000);
        var wave = lanes.TakeAll();
        Assert.Equal(2, wave.Count);
        lanes.Fail(wave[0]);
        lanes.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(lanes.TakeAll());
        // Its failure is that of the same wave: no second back-off, and the probe goes out at once.
        lanes.Fail(wave[1]);
        Assert.True(Assert.Single(lanes.TakeAll()).IsProbe);
    }

    [Fact]
    public void TypesThatKeepOrderSendOneBatchAtATimeHoweverWellItGoes()
    {
        var lanes = new LanesUnderTest(new DeliveryOptions(), keepsOrder: true);
        var connection = ConnectionId.New();
        for (var i = 0; i < 10; i++)
        {
            lanes.Accept(connection, segments: 3, bytes: 2_000_000);
            var first = Assert.Single(lanes.TakeAll());
            lanes.Deliver(first);
            var second = Assert.Single(lanes.TakeAll());
            Assert.True(second.Segments[0].Id > first.Segments[^1].Id);
            lanes.Deliver(second);
        }
    }

    [Fact]
    public void ALaneThatDoesWellGetsMoreAtOnceUpToItsMost()
    {
        var lanes = new LanesUnderTest(
            new DeliveryOptions
            {
                LaneConcurrency = 3,
                LaneBytes = 1_000_000_000,
                MemoryBytes = 2_000_000_000,
            }
        );
        var connection = ConnectionId.New();
        lanes.Accept(connection, segments: 100, bytes: 4_000_000);
        var atOnce = new List<int>();
        for (var i = 0; i < 5; i++)
        {
            var batches = lanes.TakeAll();
            atOnce.Add(batches.Count);
            batches.ForEach(lanes.Deliver);
        }

        Assert.Equal([1, 2, 3, 3, 3], atOnce);
    }

    [Fact]
    [Trait("fault", "F23")]
    public void CatchingUpLeavesLiveDataASlotAtOnce()
    {
        var lanes = new LanesUnderTest(new DeliveryOptions { Slots = 8, BacklogSlots = 5 });
        var back = LanesUnderTest.Connections(30);
        back.ForEach(c => lanes.Scheduler.Rescan(c, 1));
        lanes.LoadAll(segments: 5);
        Assert.Equal(5, lanes.TakeAll().Count);
        var live = LanesUnderTest.Connections(3);
        live.ForEach(c => lanes.Accept(c));
        Assert.Equal(live.ToHashSet(), lanes.TakeAll().Select(b => b.Lane.Connection).ToHashSet());
    }

    [Fact]
    [Trait("fault", "F23")]
    public void WhereBothWaitLiveDataGetsThreeTurnsOfFourOfItsOwnLaneAndOfAll()
    {
        var lanes = new LanesUnderTest(
            new DeliveryOptions
            {
                Slots = 1,
                LaneBytes = 100_000_000,
                MemoryBytes = 4_000_000_000,
            }
        );
        var connections = LanesUnderTest.Connections(10);
        connections.ForEach(c => lanes.Scheduler.Rescan(c, 1));
        lanes.LoadAll(segments: 40, bytes: 1_000_000);
        connections.ForEach(c => lanes.Accept(c, segments: 40, bytes: 1_000_000));
        var turns = new List<Traffic>();
        var live = connections.ToDictionary(c => c, _ => 0);
        for (var i = 0; i < 80; i++)
        {
            var batch = lanes.Scheduler.TryTake()!;
            var traffic = batch.Segments[0].IsFresh ? Traffic.Live : Traffic.Backlog;
            turns.Add(traffic);
            live[batch.Lane.Connection] += traffic == Traffic.Live ? 1 : 0;
            lanes.Deliver(batch);
        }

        Assert.Equal(20, turns.Count(t => t == Traffic.Backlog));
        Assert.Equal(3, turns.Take(4).Count(t => t == Traffic.Live));
        Assert.All(live.Values, turnsOfLane => Assert.Equal(6, turnsOfLane));
    }

    [Fact]
    [Trait("fault", "F30")]
    public void ALaneThatWaitsItsTurnIsNotTakenForWedgedWhileOthersGetTheirs()
    {
        var lanes = new LanesUnderTest(new DeliveryOptions { Slots = 1 });
        LanesUnderTest.Connections(4).ForEach(c => lanes.Accept(c));
        for (var i = 0; i < 3; i++)
        {
            var slow = Assert.Single(lanes.TakeAll());
            lanes.Time.Advance(TimeSpan.FromSeconds(40));
            Assert.Empty(lanes.Scheduler.FindWedged(TimeSpan.FromSeconds(50)));
            lanes.Deliver(slow);
        }

        // Its turn has come, and nobody gives it: the line stands.
        lanes.Time.Advance(TimeSpan.FromSeconds(50));
        Assert.Single(lanes.Scheduler.FindWedged(TimeSpan.FromSeconds(50)));
    }

    [Fact]
    [Trait("fault", "F12")]
    public void TenThousandIdleConnectionsLeaveNothingBehind()
    {
        var lanes = new LanesUnderTest(new DeliveryOptions { SuspectSlots = 1 });
        var forgotten = DeliverOnceToMany(lanes, 10_000);
        Assert.Equal((10_000, 0L), (lanes.Scheduler.Count, lanes.Scheduler.MemoryBytes));
        lanes.Time.Advance(new DeliveryOptions().IdleLane);
        Assert.Null(lanes.Scheduler.TryTake());
        lanes.Scheduler.EvictIdle();
        Assert.Equal(0, lanes.Scheduler.Count);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.Equal(0, forgotten.Count(lane => lane.IsAlive));
        GC.KeepAlive(lanes);
    }

    /// <summary>A tenth of them fails at first, and goes through every queue that there is.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static List<WeakReference> DeliverOnceToMany(LanesUnderTest lanes, int count)
    {
        var seen = new Dictionary<ConnectionId, WeakReference>();
        LanesUnderTest.Connections(count).ForEach(c => lanes.Accept(c));
        for (var round = 0; round < 2 * count; round++)
        {
            var batches = lanes.TakeAll(b => b.Lane.Connection.Text.EndsWith('a') ? "one" : "another");
            foreach (var batch in batches)
            {
                if (seen.TryAdd(batch.Lane.Connection, new WeakReference(batch.Lane)) && seen.Count % 10 == 0)
                {
                    lanes.Fail(batch);
                }
                else
                {
                    lanes.Deliver(batch);
                }
            }

            if (batches.Count == 0)
            {
                lanes.Time.Advance(TimeSpan.FromSeconds(0.5));
            }

            if (seen.Count == count && lanes.Scheduler.IsQuiet && lanes.Scheduler.MemoryBytes == 0)
            {
                break;
            }
        }

        return [.. seen.Values];
    }
}
