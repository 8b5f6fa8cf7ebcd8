using System.Text;
using Microsoft.Extensions.Options;
using Partner.Contracts;
using Partner.Sending.Delivery;
using Partner.Sending.Lanes;
using Partner.Sending.Outbox;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>
/// The scheduler and what a delivery makes of answers, on a clock that jumps from one due time to the next; rows are a
/// dictionary, the intake is a function. So days pass in milliseconds.
/// </summary>
internal sealed class DeliverySimulation
{
    private readonly SortedDictionary<long, Segment> _rows = [];
    private readonly Random _chance = new(17);
    private readonly TestSender _sender;
    private long _id;

    public DeliverySimulation(
        Func<DeliverySimulation, ConnectionId, IReadOnlyList<string>, Outcome> answer,
        bool keepsOrder = false,
        int batchItems = 1_000
    )
    {
        _sender = new TestSender(keepsOrder, windowHours: 18, batchItems: batchItems);
        Answer = answer;
        Lanes = new LaneScheduler(_sender, Time, _chance.NextDouble, Options.Create(new DeliveryOptions()));
        Lanes.Begin(1);
    }

    public ManualTimeProvider Time { get; } = new();

    public LaneScheduler Lanes { get; }

    public Func<DeliverySimulation, ConnectionId, IReadOnlyList<string>, Outcome> Answer { get; set; }

    public Func<ConnectionId, string> SiteOf { get; set; } = _ => "us1";

    /// <summary>Each request takes so long.</summary>
    public Func<IReadOnlyList<string>, TimeSpan> Takes { get; set; } = _ => TimeSpan.Zero;

    public List<(ConnectionId Connection, string Text, TimeSpan At)> Taken { get; } = [];

    public List<(DeadLetter Letter, TimeSpan At)> Dead { get; } = [];

    public int Requests { get; private set; }

    public int Rows => _rows.Count;

    public TimeSpan Now => Time.GetElapsedTime(0);

    public IEnumerable<string> TakenOf(ConnectionId connection) =>
        Taken.Where(t => t.Connection == connection).Select(t => t.Text);

    public void Accept(ConnectionId connection, params string[] items)
    {
        var at = Time.GetUtcNow();
        var segment = OutboxFormatTests.SegmentOf(
            OutboxFormatTests.Write(items.Select(i => (i, at.ToUnixTimeMilliseconds()))),
            items.Length,
            ++_id,
            connection
        ) with
        {
            AcceptedAt = at,
            IsFresh = true,
        };
        _rows.Add(segment.Id, segment);
        Lanes.AddFresh([segment]);
    }

    /// <summary>Goes on, from one due time to the next, until it is so.</summary>
    /// <returns>How long that took; null: it was not so in that time.</returns>
    public TimeSpan? RunUntil(Func<bool> done, TimeSpan most, Action? each = null, double everySeconds = 1)
    {
        var began = Now;
        for (Step(); !done(); Step())
        {
            if (Now - began >= most)
            {
                return null;
            }

            Time.Advance(TimeSpan.FromSeconds(everySeconds));
            each?.Invoke();
        }

        return Now - began;
    }

    private void Step()
    {
        for (var isBusy = true; isBusy; )
        {
            isBusy = false;
            while (Lanes.TryTake() is { } batch)
            {
                isBusy = true;
                Settle(batch.Lane, Deliver(batch), result => Lanes.Complete(batch, result));
            }

            while (Lanes.TryTakeTrial() is { } start)
            {
                isBusy = true;
                var batch = start.BatchOf([.. start.Ids.Where(_rows.ContainsKey).Select(id => _rows[id])]);
                Settle(start.Lane, Deliver(batch), result => Lanes.CompleteTrial(start, batch, result, []));
            }

            while (Lanes.TryLoad() is { } load)
            {
                isBusy = true;
                var some = _rows
                    .Values.Where(s => s.Connection == load.Lane.Connection && s.Id > load.After)
                    .Take(load.Bytes == 1 ? 1 : int.MaxValue)
                    .Select(s => s with { IsFresh = false })
                    .ToList();
                Lanes.Loaded(
                    load,
                    some,
                    some.Count == 0 ? load.After : some[^1].Id,
                    more: some.Count > 0 && load.Bytes == 1
                );
            }
        }
    }

    private BatchResult Deliver(Batch batch)
    {
        if (!Lanes.TryEnter(batch, SiteOf(batch.Lane.Connection)))
        {
            return new BatchResult(null, [], batch.Segments);
        }

        var work = new BatchWork(batch.Segments);
        work.Begin(Time.GetUtcNow() - _sender.Window, null, "");
        work.Cut(_sender.Limits, _ => 0);
        var run = new BatchRun(work, batch.Attempt, batch.Trial, _sender.KeepsOrder, _chance.NextDouble, Time);
        var outcome = (Outcome?)null;
        while (run.MoveNext())
        {
            Requests++;
            var texts = work.NextItems().ConvertAll(i => Encoding.UTF8.GetString(i.Span));
            Time.Advance(Takes(texts));
            outcome = Answer(this, batch.Lane.Connection, texts);
            if (outcome is Outcome.Delivered)
            {
                Taken.AddRange(texts.Select(text => (batch.Lane.Connection, text, Now)));
            }

            run.Apply(outcome);
        }

        var (settlements, untouched) = work.Finish();
        return new BatchResult(outcome, settlements, untouched)
        {
            Failed = run.Failed,
            FailedAlone = run.FailedAlone,
            HasPassed = run.HasPassed,
            IsMended = run.IsMended,
            IsBrokenOff = run.IsBrokenOff,
        };
    }

    private void Settle(Lane lane, BatchResult result, Action<BatchResult> complete)
    {
        foreach (var settlement in result.Settlements)
        {
            Dead.AddRange(settlement.Dead.Select(letter => (letter, Now)));
            _rows.Remove(settlement.Segment.Id);
            if (settlement.Remaining is { } remaining)
            {
                _rows.Add(remaining.Id, remaining);
            }
        }

        complete(result);
        Lanes.Settled([.. result.Settlements.Select(s => (lane, s))]);
    }
}
