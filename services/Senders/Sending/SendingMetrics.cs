using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Json;
using Partner.Sending.Lanes;
using Partner.Sending.Outbox;

namespace Partner.Sending;

/// <summary>
/// Figures of one sender, listed in the README. Tags are few: sender, site, outcome, reason, state; never a connection, a
/// tenant or a host. Names by https://opentelemetry.io/docs/specs/semconv/general/naming/.
/// </summary>
internal sealed class SendingMetrics
{
    public const string Name = "Partner.Sending";

    // The default ones are for milliseconds: all that takes less than 5 s would be one. These go from a quick commit to a
    // site that was away for a day.
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries =
        [
            0.001,
            0.0025,
            0.005,
            0.01,
            0.025,
            0.05,
            0.1,
            0.25,
            0.5,
            1,
            2.5,
            5,
            10,
            60,
            600,
            3_600,
            86_400,
        ],
    };

    public static readonly ActivitySource Activities = new(Name);

    private readonly KeyValuePair<string, object?> _sender;
    private readonly Counter<long> _accepted;
    private readonly Counter<long> _committed;
    private readonly Counter<long> _delivered;
    private readonly Counter<long> _retried;
    private readonly Counter<long> _dead;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _parked;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _oversized;
    private readonly Counter<long> _leftOut;
    private readonly Counter<long> _unreadable;
    private readonly Counter<long> _deduplicated;
    private readonly Counter<long> _deduplicationSkipped;
    private readonly Counter<long> _claimed;
    private readonly Counter<long> _quarantined;
    private readonly Counter<long> _takenOver;
    private readonly Counter<long> _apart;
    private readonly Counter<long> _unknownCommits;
    private readonly Histogram<double> _commit;
    private readonly Histogram<int> _commitRequests;
    private readonly Histogram<int> _batch;
    private readonly Histogram<double> _delivery;
    private readonly Histogram<double> _latency;
    private readonly Meter _meter;

    public SendingMetrics(IMeterFactory meters, Sender sender)
    {
        _meter = meters.Create(Name);
        _sender = new("partner.sender", sender.Name);
        _accepted = Counter(
            "partner.sending.items.accepted",
            "{item}",
            "Answered with success, dead letters included."
        );
        _committed = Counter("partner.sending.items.committed", "{item}", "In the outbox, to be delivered.");
        _delivered = Counter("partner.sending.items.delivered", "{item}", "Datadog has taken them.");
        _retried = Counter("partner.sending.items.retried", "{item}", "In a request that is to be repeated.");
        _dead = Counter("partner.sending.items.dead_lettered", "{item}", "Given up, kept with their reason.");
        _duplicates = Counter(
            "partner.sending.items.possible_duplicates",
            "{item}",
            "Sent again though Datadog may have them."
        );
        _dropped = Counter(
            "partner.sending.items.dropped",
            "{item}",
            "Settled as neither delivered nor dead nor remaining: always zero."
        );
        _parked = Counter("partner.sending.lanes.parked", "{lane}", "Times that a lane was parked.");
        _refused = Counter("partner.sending.requests.refused", "{request}", "Answered with 503 or 429.");
        _oversized = Counter("partner.sending.items.oversized", "{item}", "Passed on although Datadog will cut them.");
        _unreadable = Counter(
            "partner.sending.requests.unreadable",
            "{request}",
            "Whose body made its parser fail: a defect. Answered with 500."
        );
        _leftOut = Counter(
            "partner.sending.fields.left_out",
            "{field}",
            "Parts of items that are of another type than their place has."
        );
        _deduplicated = Counter(
            "partner.sending.requests.deduplicated",
            "{request}",
            "Stored a moment ago, and not stored again. Answered as the first."
        );
        _deduplicationSkipped = Counter(
            "partner.sending.requests.deduplication_skipped",
            "{request}",
            "Stored, and not remembered: there are too many."
        );
        _claimed = Counter("partner.sending.segments.claimed", "{segment}", "Of ended instances.");
        _quarantined = Counter("partner.sending.segments.quarantined", "{segment}", "Not what was stored.");
        _takenOver = Counter(
            "partner.sending.segments.taken_over",
            "{segment}",
            "Ended here, but claimed by another instance before."
        );
        _apart = Counter(
            "partner.sending.segments.set_apart",
            "{segment}",
            "They fail while others of their lane pass."
        );
        _unknownCommits = Counter("partner.sending.commits.unknown", "{commit}", "Their answer was lost.");
        _commit = _meter.CreateHistogram("partner.sending.commit.duration", "s", "One group commit.", advice: Seconds);
        _commitRequests = _meter.CreateHistogram<int>(
            "partner.sending.commit.requests",
            "{request}",
            "That share a commit."
        );
        _batch = _meter.CreateHistogram<int>("partner.sending.delivery.items", "{item}", "Of one request to Datadog.");
        _delivery = _meter.CreateHistogram(
            "partner.sending.delivery.duration",
            "s",
            "One request to Datadog.",
            advice: Seconds
        );
        _latency = _meter.CreateHistogram(
            "partner.sending.delivery.latency",
            "s",
            "From accepted to delivered, by segment; not of replays.",
            advice: Seconds
        );
        // An alert on any increase needs the series to be there.
        _dropped.Add(0, _sender);
        _unreadable.Add(0, _sender);
    }

    private Counter<long> Counter(string name, string unit, string description) =>
        _meter.CreateCounter<long>(name, unit, description);

    public void Observe(LaneScheduler lanes)
    {
        _meter.CreateObservableGauge(
            "partner.sending.lanes",
            () =>
                lanes
                    .CountByState()
                    .Select(state => new Measurement<int>(state.Value, _sender, new("state", state.Key.Text()))),
            "{lane}",
            "Connections with something to do, or lately."
        );
        _meter.CreateObservableGauge(
            "partner.sending.memory",
            () => new Measurement<long>(lanes.MemoryBytes, _sender),
            "By",
            "Undelivered bytes in memory."
        );
        _meter.CreateObservableGauge(
            "partner.sending.in_flight",
            () => new Measurement<int>(lanes.InFlight, _sender),
            "{delivery}",
            "Requests under way."
        );
    }

    public void Observe(Backlog backlog)
    {
        Gauge("partner.sending.backlog.items", "{item}", "In the outbox of this instance.", site => site.Items);
        Gauge(
            "partner.sending.backlog.size",
            "By",
            "In the outbox of this instance, uncompressed.",
            site => site.Bytes
        );
        Gauge("partner.sending.backlog.age", "s", "Since the oldest was accepted.", site => site.Age.TotalSeconds);

        void Gauge<T>(string name, string unit, string description, Func<SiteBacklog, T> value)
            where T : struct =>
            _meter.CreateObservableGauge(
                name,
                () =>
                    backlog.Sites.Select(site => new Measurement<T>(
                        value(site),
                        _sender,
                        new("partner.site", site.Site),
                        new("state", site.State.Text())
                    )),
                unit,
                description
            );
    }

    public void Committed(
        int requests,
        IReadOnlyCollection<StoredSegment> segments,
        IReadOnlyCollection<DeadLetter> dead,
        TimeSpan duration
    )
    {
        var items = segments.Sum(s => s.Segment.Items);
        _accepted.Add(items + dead.Count, _sender);
        _committed.Add(items, _sender);
        Dead(dead);
        _commit.Record(duration.TotalSeconds, _sender);
        _commitRequests.Record(requests, _sender);
    }

    public void CommitUnknown() => _unknownCommits.Add(1, _sender);

    public void Refused(string reason) => _refused.Add(1, _sender, new("reason", reason));

    public void Oversized(int items) => _oversized.Add(items, _sender);

    public void Unreadable() => _unreadable.Add(1, _sender);

    public void Deduplicated() => _deduplicated.Add(1, _sender);

    public void DeduplicationSkipped() => _deduplicationSkipped.Add(1, _sender);

    public void LeftOut(int fields) => _leftOut.Add(fields, _sender);

    /// <param name="mayHaveArrived">Items of a killed process, which may have delivered some of them.</param>
    public void Claimed(int segments, int mayHaveArrived)
    {
        _claimed.Add(segments, _sender);
        if (mayHaveArrived > 0)
        {
            _duplicates.Add(mayHaveArrived, _sender, new("cause", "killed"));
        }
    }

    public void Quarantined(int segments) => _quarantined.Add(segments, _sender);

    public void SetApart(int segments) => _apart.Add(segments, _sender);

    public void TakenOver(int segments) => _takenOver.Add(segments, _sender);

    public void Parked() => _parked.Add(1, _sender);

    /// <param name="status">Null: there was no answer.</param>
    public void Sent(Outcome outcome, int? status, int items, TimeSpan duration)
    {
        var tag = new KeyValuePair<string, object?>(
            "outcome",
            outcome is Outcome.Parked ? "unauthorized" : Snake(outcome.GetType().Name)
        );
        _batch.Record(items, _sender, tag);
        _delivery.Record(duration.TotalSeconds, _sender, tag);
        if (outcome is Outcome.Retry retry)
        {
            _retried.Add(items, _sender, new("reason", status?.ToString(CultureInfo.InvariantCulture) ?? "no_answer"));
            _duplicates.Add(retry.Unknown ? items : 0, _sender, new("cause", "no_answer"));
        }
    }

    /// <returns>Items that are lost: a defect of ours.</returns>
    public int Settled(IReadOnlyCollection<Settlement> settlements, DateTimeOffset now)
    {
        var dropped = settlements.Sum(s => s.Segment.Items - s.Delivered - s.Dead.Count - (s.Remaining?.Items ?? 0));
        _dropped.Add(dropped, _sender);
        _delivered.Add(settlements.Sum(s => s.Delivered), _sender);
        Dead([.. settlements.SelectMany(s => s.Dead)]);
        foreach (var settlement in settlements.Where(s => s.Delivered > 0 && !s.Segment.IsReplay))
        {
            _latency.Record(Math.Max(0, (now - settlement.Segment.AcceptedAt).TotalSeconds), _sender);
        }

        return dropped;
    }

    private void Dead(IReadOnlyCollection<DeadLetter> letters)
    {
        foreach (var reason in letters.GroupBy(letter => letter.Reason))
        {
            _dead.Add(reason.Count(), _sender, new("reason", reason.Key.Text()));
        }
    }

    private static string Snake(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
