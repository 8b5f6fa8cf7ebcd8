using System.Diagnostics;
using System.Diagnostics.Metrics;
using Partner.Sending.Lanes;
using Partner.Sending.Outbox;

namespace Partner.Sending;

/// <summary>Figures of one sender; tags are few: no connection, no host.</summary>
internal sealed class SendingMetrics
{
    public const string Name = "Partner.Sending";

    public static readonly ActivitySource Activities = new(Name);

    private readonly KeyValuePair<string, object?> _sender;
    private readonly Counter<long> _accepted;
    private readonly Counter<long> _delivered;
    private readonly Counter<long> _dead;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _oversized;
    private readonly Counter<long> _claimed;
    private readonly Counter<long> _quarantined;
    private readonly Counter<long> _takenOver;
    private readonly Counter<long> _unknownCommits;
    private readonly Histogram<double> _commit;
    private readonly Histogram<int> _commitRequests;
    private readonly Histogram<int> _batch;
    private readonly Histogram<double> _delivery;
    private readonly Meter _meter;

    public SendingMetrics(IMeterFactory meters, Sender sender)
    {
        _meter = meters.Create(Name);
        _sender = new("partner.sender", sender.Name);
        _accepted = _meter.CreateCounter<long>("partner.sending.items.accepted", "{item}");
        _delivered = _meter.CreateCounter<long>("partner.sending.items.delivered", "{item}");
        _dead = _meter.CreateCounter<long>("partner.sending.items.dead_lettered", "{item}");
        _duplicates = _meter.CreateCounter<long>(
            "partner.sending.items.retried_after_unknown", "{item}", "Sent again though Datadog may have them.");
        _refused = _meter.CreateCounter<long>("partner.sending.requests.refused", "{request}");
        _oversized = _meter.CreateCounter<long>(
            "partner.sending.items.oversized", "{item}", "Passed on although Datadog will cut them.");
        _claimed = _meter.CreateCounter<long>("partner.sending.segments.claimed", "{segment}");
        _quarantined = _meter.CreateCounter<long>("partner.sending.segments.quarantined", "{segment}");
        _takenOver = _meter.CreateCounter<long>(
            "partner.sending.segments.taken_over", "{segment}", "Ended here, but claimed by another instance before.");
        _unknownCommits = _meter.CreateCounter<long>("partner.sending.commits.unknown", "{commit}");
        _commit = _meter.CreateHistogram<double>("partner.sending.commit.duration", "s");
        _commitRequests = _meter.CreateHistogram<int>("partner.sending.commit.requests", "{request}");
        _batch = _meter.CreateHistogram<int>("partner.sending.delivery.items", "{item}");
        _delivery = _meter.CreateHistogram<double>("partner.sending.delivery.duration", "s");
    }

    public void Observe(LaneScheduler lanes)
    {
        _meter.CreateObservableGauge(
            "partner.sending.lanes", () => new Measurement<int>(lanes.Count, _sender), "{lane}");
        _meter.CreateObservableGauge(
            "partner.sending.memory", () => new Measurement<long>(lanes.MemoryBytes, _sender), "By");
        _meter.CreateObservableGauge(
            "partner.sending.in_flight", () => new Measurement<int>(lanes.InFlight, _sender), "{delivery}");
    }

    public void Committed(int requests, IReadOnlyCollection<StoredSegment> segments, int dead, TimeSpan duration)
    {
        _accepted.Add(segments.Sum(s => s.Segment.Items), _sender);
        _dead.Add(dead, _sender);
        _commit.Record(duration.TotalSeconds, _sender);
        _commitRequests.Record(requests, _sender);
    }

    public void CommitUnknown() => _unknownCommits.Add(1, _sender);

    public void Refused(string reason) => _refused.Add(1, _sender, new("reason", reason));

    public void Oversized(int items) => _oversized.Add(items, _sender);

    public void Claimed(int segments) => _claimed.Add(segments, _sender);

    public void Quarantined(int segments) => _quarantined.Add(segments, _sender);

    public void TakenOver(int segments) => _takenOver.Add(segments, _sender);

    public void Sent(Outcome outcome, int items, TimeSpan duration)
    {
        var tag = new KeyValuePair<string, object?>("outcome", outcome.GetType().Name);
        _batch.Record(items, _sender, tag);
        _delivery.Record(duration.TotalSeconds, _sender, tag);
        if (outcome is Outcome.Retry { Unknown: true })
        {
            _duplicates.Add(items, _sender);
        }
    }

    public void Settled(IReadOnlyCollection<Settlement> settlements)
    {
        _delivered.Add(settlements.Sum(s => s.Delivered), _sender);
        _dead.Add(settlements.Sum(s => s.Dead.Count), _sender);
    }
}
