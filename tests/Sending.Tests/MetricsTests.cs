using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Partner.Contracts;
using Partner.Sending.DeadLetters;
using Partner.Sending.Lanes;
using Partner.Sending.Outbox;
using Partner.Testing;

namespace Partner.Sending.Tests;

public sealed class MetricsTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    // The list of deploy/monitoring, which alerts are written by.
    private static readonly IReadOnlyList<MetricRow> Expected = MetricRow.Of("partner.sending.");

    private readonly ConcurrentDictionary<string, Instrument> _instruments = [];
    private readonly ConcurrentBag<(string Name, double Value, string Tags)> _measured = [];

    [Fact]
    public async Task TheMetersSayWhatBecameOfEveryItemAndOfWhomNothing()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString, start: false);
        using var listener = Listen(host.Get<IMeterFactory>());
        await host.App.StartAsync();
        var (good, refused) = (ConnectionId.New(), ConnectionId.New());
        var failures = 0;
        host.Datadog.Answer = (r, _) =>
            r.Connection == refused.Text ? FakeDatadog.Status(HttpStatusCode.Forbidden)
            : r.Lines.Contains("bad") ? FakeDatadog.Status(HttpStatusCode.BadRequest)
            : Interlocked.Increment(ref failures) switch
            {
                1 => FakeDatadog.Status(HttpStatusCode.ServiceUnavailable),
                2 => throw new HttpRequestException(HttpRequestError.ResponseEnded),
                _ => FakeDatadog.Accepted(),
            };
        await host.PostAsync(good, "@1 expired\none\ntwo");
        Assert.Equal(2, (await host.Datadog.WaitForAsync(2)).Count);
        await host.PostAsync(good, "three\nbad");
        Assert.Equal(3, (await host.Datadog.WaitForAsync(3)).Count);
        await database.WaitUntilSettledAsync(good);
        await host.PostAsync(refused, "waits");
        await Until.TrueAsync(() => host.Get<LaneScheduler>().View(refused).State == LaneState.Parked);

        await host.Get<Backlog>().MeasureOnceAsync(CancellationToken.None);
        listener.RecordObservableInstruments();
        // Counters of what did not happen here: their tags are said by whoever counts.
        var metrics = host.Get<SendingMetrics>();
        metrics.Refused("full");
        metrics.Unreadable();
        metrics.Deduplicated();
        metrics.DeduplicationSkipped();
        metrics.CommitUnknown();
        metrics.Claimed(1, 0);
        metrics.Quarantined(1);
        metrics.SetApart(1);
        metrics.TakenOver(1);
        var letters = host.Get<DeadLetterMetrics>();
        letters.Replayed(1, 1);
        letters.Removed(1, "old");

        Assert.Equal(
            (6, 5, 3, 0, 1),
            (
                Sum("items.accepted"),
                Sum("items.committed"),
                Sum("items.delivered"),
                Sum("items.dropped"),
                Sum("lanes.parked")
            )
        );
        Assert.Equal(
            (1, 1),
            (Sum("items.dead_lettered", "reason=expired"), Sum("items.dead_lettered", "reason=rejected"))
        );
        Assert.Equal(
            (2, 2, 2),
            (
                Sum("items.retried", "reason=503"),
                Sum("items.retried", "reason=no_answer"),
                Sum("items.possible_duplicates")
            )
        );
        Assert.Equal(
            (1, 1, 8, 1),
            (
                Sum("backlog.items", "partner.site=datadoghq.com"),
                Sum("backlog.items", "state=parked"),
                Sum("backlog.size"),
                Sum("lanes", "state=parked")
            )
        );
        Assert.Equal(2, _measured.Count(m => m.Name == "partner.sending.delivery.latency"));
        Assert.All(_measured, m => Assert.DoesNotContain("con_", m.Tags, StringComparison.Ordinal));
        Assert.Equal(Expected, RowsMeasured());
    }

    [Fact]
    public void TheReadmeListsThemAll()
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "services/Senders/Sending/README.md"));
        Assert.All(
            Expected,
            row => Assert.Contains($"`{row.Name["partner.sending.".Length..]}`", readme, StringComparison.Ordinal)
        );
    }

    private MeterListener Listen(IMeterFactory factory)
    {
        var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            // Other tests have meters of the same name.
            if (instrument.Meter.Name == SendingMetrics.Name && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                _instruments[instrument.Name] = instrument;
                listener.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Measured(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Measured(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Measured(instrument, value, tags));
        listener.Start();
        return listener;
    }

    private void Measured(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _measured.Add(
            (
                instrument.Name,
                value,
                string.Join(' ', tags.ToArray().Select(t => $"{t.Key}={t.Value}").Order(StringComparer.Ordinal))
            )
        );

    private int Sum(string name, string tag = "") =>
        (int)
            _measured
                .Where(m => m.Name.EndsWith($".{name}", StringComparison.Ordinal) || m.Name == name)
                .Where(m => m.Tags.Split(' ').Contains(tag) || tag.Length == 0)
                .Sum(m => m.Value);

    private IEnumerable<MetricRow> RowsMeasured() =>
        _instruments
            .OrderBy(i => i.Key, StringComparer.Ordinal)
            .Select(i =>
            {
                var keys = _measured
                    .Where(m => m.Name == i.Key)
                    .SelectMany(m => m.Tags.Split(' '))
                    .Select(t => t.Split('=')[0]);
                return new MetricRow(
                    i.Key,
                    MetricRow.TypeOf(i.Value),
                    i.Value.Unit!,
                    string.Join(' ', keys.Distinct().Order(StringComparer.Ordinal))
                );
            });
}
