using Microsoft.Extensions.Options;
using Partner.Contracts;
using Partner.Sending.Lanes;
using Partner.Sending.Outbox;
using Partner.Testing;

namespace Partner.Sending.Tests;

public sealed class LaneSchedulerTests
{
    private readonly ManualTimeProvider _time = new();
    private long _id;

    [Fact]
    [Trait("fault", "F14")]
    public void AFloodingLaneGetsNoMoreThanItsShare()
    {
        var scheduler = Create(
            new DeliveryOptions
            {
                Slots = 1,
                LaneBytes = 100_000_000,
                MemoryBytes = 1_000_000_000,
                Quantum = 100_000,
            }
        );
        var flooder = ConnectionId.New();
        scheduler.AddFresh(Enumerable.Range(0, 200).Select(_ => SegmentOf(flooder, 200_000)));
        var others = Enumerable.Range(0, 9).Select(_ => ConnectionId.New()).ToList();
        others.ForEach(c => scheduler.AddFresh(Enumerable.Range(0, 100).Select(_ => SegmentOf(c, 200_000))));

        var bytes = new Dictionary<ConnectionId, long>();
        for (var sent = 0L; sent < 100_000_000; )
        {
            var batch = scheduler.TryTake()!;
            bytes[batch.Lane.Connection] = bytes.GetValueOrDefault(batch.Lane.Connection) + batch.Bytes;
            sent += batch.Bytes;
            Complete(scheduler, batch, new Outcome.Delivered());
        }

        // Deficit round robin: never more apart than one batch and one quantum.
        var most = bytes[flooder] - others.Min(c => bytes.GetValueOrDefault(c));
        Assert.InRange(most, -4_850_000, 4_850_000);
    }

    [Fact]
    [Trait("fault", "F13")]
    public void AHungLaneHoldsOneSlotUntilItHasProvenItselfAndIsProbedOnceAfterwards()
    {
        var scheduler = Create(new DeliveryOptions { Slots = 8, LaneConcurrency = 4 });
        var hung = ConnectionId.New();
        scheduler.AddFresh([SegmentOf(hung, 10), SegmentOf(hung, 10), SegmentOf(hung, 10)]);
        var first = scheduler.TryTake()!;
        scheduler.AddFresh([SegmentOf(hung, 10)]);
        Assert.Null(scheduler.TryTake());
        Complete(scheduler, first, new Outcome.Retry(null, "No answer in time", Unknown: true));
        Assert.Null(scheduler.TryTake());
        _time.Advance(TimeSpan.FromSeconds(1));
        var probe = scheduler.TryTake()!;
        Assert.True(probe.IsProbe);
        Assert.Null(scheduler.TryTake());
        Complete(scheduler, probe, new Outcome.Delivered());
        Assert.Equal(LaneState.Flowing, scheduler.View(hung).State);
    }

    [Fact]
    [Trait("fault", "F13")]
    public void ALaneWithASlowDeliveryStartsNoOtherBesideIt()
    {
        var scheduler = Create(new DeliveryOptions { LaneConcurrency = 4 });
        var connection = ConnectionId.New();
        Prove(scheduler, connection);
        scheduler.AddFresh([SegmentOf(connection, 10)]);
        var slow = scheduler.TryTake()!;
        _time.Advance(TimeSpan.FromSeconds(6));
        scheduler.AddFresh([SegmentOf(connection, 10)]);
        Assert.Null(scheduler.TryTake());
        Complete(scheduler, slow, new Outcome.Delivered());
        Assert.NotNull(scheduler.TryTake());
    }

    [Fact]
    [Trait("fault", "F12")]
    public void FailingLanesShareTheirOwnFewSlotsAndHoldNoMemory()
    {
        var scheduler = Create(new DeliveryOptions { Slots = 8, SuspectSlots = 2 });
        var failing = Enumerable.Range(0, 20).Select(_ => ConnectionId.New()).ToList();
        failing.ForEach(c => scheduler.AddFresh([SegmentOf(c, 10_000)]));
        for (var batch = scheduler.TryTake(); batch is not null; batch = scheduler.TryTake())
        {
            Complete(scheduler, batch, new Outcome.Parked(ParkCause.KeyRefused, "403"));
        }

        Assert.Equal(0, scheduler.MemoryBytes);
        Assert.All(failing, c => Assert.Equal(new LaneView(LaneState.Parked, "403"), scheduler.View(c)));
        scheduler.AddFresh(failing.Select(c => SegmentOf(c, 10_000)));
        Assert.Equal(0, scheduler.MemoryBytes);

        _time.Advance(TimeSpan.FromSeconds(5));
        var probes = 0;
        Assert.Null(scheduler.TryTake());
        for (var load = scheduler.TryLoad(); load is not null; load = scheduler.TryLoad())
        {
            scheduler.Loaded(load, [SegmentOf(load.Lane.Connection, 10_000)], ++_id, more: true);
        }

        while (scheduler.TryTake() is not null)
        {
            probes++;
        }

        Assert.Equal(2, probes);
        var good = ConnectionId.New();
        scheduler.AddFresh([SegmentOf(good, 10)]);
        Assert.Equal(good, scheduler.TryTake()!.Lane.Connection);
    }

    [Fact]
    [Trait("fault", "F15")]
    public void ARateLimitHoldsItsLaneForAsLongAsDatadogAsksAndNoOther()
    {
        var scheduler = Create(new DeliveryOptions());
        var (limited, other) = (ConnectionId.New(), ConnectionId.New());
        scheduler.AddFresh([SegmentOf(limited, 10)]);
        Complete(scheduler, scheduler.TryTake()!, new Outcome.Retry(TimeSpan.FromSeconds(30), "429"));
        scheduler.AddFresh([SegmentOf(limited, 10), SegmentOf(other, 10)]);
        _time.Advance(TimeSpan.FromSeconds(29.9));
        Assert.Equal(other, scheduler.TryTake()!.Lane.Connection);
        Assert.Null(scheduler.TryTake());
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(limited, scheduler.TryTake()!.Lane.Connection);
    }

    [Fact]
    public void WhatDoesNotFitInMemoryIsReadFromTheDatabaseOnceAndInOrder()
    {
        var scheduler = Create(new DeliveryOptions { LaneBytes = 1_000_000, LaneConcurrency = 1 }, keepsOrder: true);
        var connection = ConnectionId.New();
        var segments = Enumerable.Range(0, 10).Select(_ => SegmentOf(connection, 300_000)).ToList();
        scheduler.AddFresh(segments);
        var (sent, loads) = (new List<long>(), 0);
        for (var step = 0; step < 100 && sent.Count < 10; step++)
        {
            while (scheduler.TryLoad() is { } load)
            {
                loads++;
                var next = segments
                    .Where(s => s.Id > load.After)
                    .Take(2)
                    .Select(s => s with { IsFresh = false })
                    .ToList();
                scheduler.Loaded(load, next, next.Count == 0 ? load.After : next[^1].Id, next.Count == 2);
            }

            if (scheduler.TryTake() is { } batch)
            {
                sent.AddRange(batch.Segments.Select(s => s.Id));
                Complete(scheduler, batch, new Outcome.Delivered());
            }
        }

        Assert.Equal(segments.Select(s => s.Id), sent);
        Assert.InRange(loads, 4, 6);
        Assert.Equal(0, scheduler.MemoryBytes);
    }

    [Fact]
    public void ASegmentSettledWhileItsLaneIsReadIsNotTakenAgain()
    {
        var scheduler = Create(new DeliveryOptions());
        var connection = ConnectionId.New();
        var segment = SegmentOf(connection, 10);
        scheduler.AddFresh([segment]);
        var batch = scheduler.TryTake()!;
        scheduler.Rescan(connection, segment.Id);
        var load = scheduler.TryLoad()!;
        var settlement = new Settlement(segment, 1, []);
        scheduler.Complete(batch, new BatchResult(new Outcome.Delivered(), [settlement], []));
        scheduler.Settled([(batch.Lane, settlement)]);
        scheduler.Loaded(load, [segment with { IsFresh = false }], segment.Id, more: false);
        Assert.Null(scheduler.TryTake());
    }

    [Fact]
    [Trait("fault", "F30")]
    public void ALaneThatMakesNoProgressIsFoundAndOneThatBacksOffIsNot()
    {
        var scheduler = Create(new DeliveryOptions());
        var (stuck, parked) = (ConnectionId.New(), ConnectionId.New());
        scheduler.AddFresh([SegmentOf(parked, 10)]);
        Complete(scheduler, scheduler.TryTake()!, new Outcome.Retry(TimeSpan.FromHours(1), "429"));
        scheduler.AddFresh([SegmentOf(stuck, 10)]);
        scheduler.TryTake();
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Empty(scheduler.FindWedged(TimeSpan.FromSeconds(60)));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([stuck], scheduler.FindWedged(TimeSpan.FromSeconds(60)));
    }

    private static void Complete(LaneScheduler scheduler, Batch batch, Outcome outcome)
    {
        var delivered = outcome is Outcome.Delivered;
        var settlements = delivered ? batch.Segments.Select(s => new Settlement(s, s.Items, [])).ToList() : [];
        scheduler.Complete(batch, new BatchResult(outcome, settlements, delivered ? [] : batch.Segments));
        scheduler.Settled(settlements.ConvertAll(s => (batch.Lane, s)));
    }

    private void Prove(LaneScheduler scheduler, ConnectionId connection)
    {
        scheduler.AddFresh([SegmentOf(connection, 10)]);
        Complete(scheduler, scheduler.TryTake()!, new Outcome.Delivered());
    }

    private LaneScheduler Create(DeliveryOptions options, bool keepsOrder = false)
    {
        var scheduler = new LaneScheduler(new TestSender(keepsOrder), _time, () => 0, Options.Create(options));
        scheduler.Begin(1);
        return scheduler;
    }

    private Segment SegmentOf(ConnectionId connection, int bytes) =>
        OutboxFormatTests.SegmentOf(new byte[bytes], 1, ++_id, connection);
}
