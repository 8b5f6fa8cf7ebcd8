using Microsoft.Extensions.Options;
using Partner.Contracts;
using Partner.Sending.Lanes;
using Partner.Sending.Outbox;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>A scheduler on a clock that stands still, and what the dispatcher would do with it.</summary>
internal sealed class LanesUnderTest
{
    private long _id;

    public LanesUnderTest(DeliveryOptions options, bool keepsOrder = false, TimeProvider? time = null)
    {
        Scheduler = new LaneScheduler(new TestSender(keepsOrder), time ?? Time, () => 0, Options.Create(options));
        Scheduler.Begin(1);
    }

    public ManualTimeProvider Time { get; } = new();

    public LaneScheduler Scheduler { get; }

    public static List<ConnectionId> Connections(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => ConnectionId.New())];

    public Segment SegmentOf(ConnectionId connection, int bytes = 10) =>
        OutboxFormatTests.SegmentOf(new byte[bytes], 1, ++_id, connection);

    public void Accept(ConnectionId connection, int segments = 1, int bytes = 10) =>
        Scheduler.AddFresh(Enumerable.Range(0, segments).Select(_ => SegmentOf(connection, bytes)));

    /// <summary>Reads of the database find so many segments for each lane that is read.</summary>
    public void LoadAll(int segments = 1, int bytes = 10)
    {
        while (Scheduler.TryLoad() is { } load)
        {
            var loaded = Enumerable
                .Range(0, segments)
                .Select(_ => SegmentOf(load.Lane.Connection, bytes) with { IsFresh = false })
                .ToList();
            Scheduler.Loaded(load, loaded, _id, more: false);
        }
    }

    /// <summary>Takes all that may go now; what its site has no room for goes back.</summary>
    public List<Batch> TakeAll(Func<Batch, string>? siteOf = null)
    {
        var taken = new List<Batch>();
        while (Scheduler.TryTake() is { } batch)
        {
            if (siteOf is null || Scheduler.TryEnter(batch, siteOf(batch)))
            {
                taken.Add(batch);
            }
            else
            {
                Scheduler.Complete(batch, new BatchResult(null, [], batch.Segments));
            }
        }

        return taken;
    }

    public void Complete(Batch batch, Outcome outcome)
    {
        var delivered = outcome is Outcome.Delivered;
        var settlements = delivered ? batch.Segments.Select(s => new Settlement(s, s.Items, [])).ToList() : [];
        Scheduler.Complete(batch, new BatchResult(outcome, settlements, delivered ? [] : batch.Segments));
        Scheduler.Settled(settlements.ConvertAll(s => (batch.Lane, s)));
    }

    public void Deliver(Batch batch) => Complete(batch, new Outcome.Delivered());

    public void Fail(Batch batch) => Complete(batch, new Outcome.Retry(null, "503"));
}
