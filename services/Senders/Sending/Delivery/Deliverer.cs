using System.Diagnostics;
using Microsoft.Extensions.Options;
using Partner.DatadogClient;
using Partner.Sending.Lanes;
using Partner.Sending.Outbox;
using Partner.Sending.Status;
using Partner.Sending.Upstream;
using Partner.Sending.Waiting;

namespace Partner.Sending.Delivery;

/// <summary>Delivers one batch: as one request, or in as many as it takes to isolate what Datadog refuses.</summary>
internal sealed partial class Deliverer(
    Sender sender,
    LaneScheduler lanes,
    Destinations destinations,
    KeyGuard keys,
    DeliveryStatusTracker status,
    DeliveryWaits waits,
    IntakeClient intake,
    ConnectionClient auth,
    SendingMetrics metrics,
    TimeProvider time,
    Func<double> jitter,
    IOptions<DeliveryOptions> options,
    ILogger<Deliverer> logger
)
{
    public async Task<BatchResult> DeliverAsync(Batch batch, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var work = new BatchWork(batch.Segments);
        var abandoned = await IsAbandonedAsync(batch.Lane, cancellationToken)
            ? now - options.Value.Grace
            : (DateTimeOffset?)null;
        work.Begin(
            now - sender.WindowOf(batch.Variant),
            abandoned,
            $"Accepted more than {options.Value.Grace} ago, and the connection has no grant."
        );
        work.Cut(
            sender.Limits,
            item => sender.Limits.MaxBatchWeight == int.MaxValue ? 0 : sender.WeightOf(batch.Variant, item.Span)
        );

        Outcome? outcome = null;
        var roundTrip = TimeSpan.Zero;
        var run = new BatchRun(work, batch.Attempt, batch.Trial, sender.KeepsOrder, jitter, time);
        while (run.MoveNext())
        {
            var (came, took) = await SendAsync(batch, work.NextItems(), cancellationToken);
            run.Apply(came);
            if (came is Outcome.Malformed)
            {
                continue;
            }

            (outcome, roundTrip) = (came, took);
            if (came is not null)
            {
                status.Note(batch.Lane.Connection, came);
            }
        }

        var (settlements, untouched) = work.Finish();
        if (metrics.Settled(settlements, time.GetUtcNow()) is var dropped and not 0)
        {
            Log.Dropped(logger, dropped, batch.Lane.Connection);
        }

        waits.Settled(settlements);
        GivenUp(batch, settlements);
        return new BatchResult(outcome, settlements, untouched)
        {
            RoundTrip = roundTrip,
            Failed = run.Failed,
            FailedAlone = run.FailedAlone,
            HasPassed = run.HasPassed,
            IsMended = run.IsMended,
            IsBrokenOff = run.IsBrokenOff,
        };
    }

    /// <summary>
    /// The grant is gone by what Auth said when the lane was parked and by what the router says now: a lane that is
    /// authorised again gives nothing up by the state of before.
    /// </summary>
    internal static bool IsAbandoned(ConnectionState? said, Outcome? failure) =>
        said?.HasEnded() == true && failure is Outcome.Parked { Cause: ParkCause.GrantEnded };

    private async Task<bool> IsAbandonedAsync(Lane lane, CancellationToken cancellationToken) =>
        lane.Health.Connection is { } said
        // Otherwise the router is not asked, for the delivery itself will.
        && said.HasEnded()
        && IsAbandoned(said, (await destinations.FindAsync(lane.Connection, cancellationToken)).Failure);

    /// <returns>No outcome: there is no room at its site; and how long Datadog took.</returns>
    private async Task<(Outcome? Outcome, TimeSpan RoundTrip)> SendAsync(
        Batch batch,
        List<ReadOnlyMemory<byte>> items,
        CancellationToken cancellationToken
    )
    {
        if (await keys.FindRefusalAsync(batch.Lane, cancellationToken) is { } refusal)
        {
            return (refusal, TimeSpan.Zero);
        }

        using var activity = StartActivity(batch);
        var connection = batch.Lane.Connection;
        var (destination, failure) = await destinations.FindAsync(connection, cancellationToken);
        if (destination is not null && !lanes.TryEnter(batch, destination.Site))
        {
            return (null, TimeSpan.Zero);
        }

        var started = time.GetTimestamp();
        var (outcome, status) = destination is null
            ? (failure!, null)
            : await PostAsync(batch, destination, items, cancellationToken);
        var roundTrip = time.GetElapsedTime(started);
        activity?.SetTag("partner.sender", sender.Name);
        activity?.SetTag("partner.site", destination?.Site);
        activity?.SetTag("partner.items", items.Count);
        activity?.SetTag("http.response.status_code", status);
        if (outcome is not Outcome.Malformed)
        {
            metrics.Sent(outcome, status, items.Count, roundTrip);
            await ReactAsync(batch, destination, outcome, status, cancellationToken);
        }

        return (outcome, roundTrip);
    }

    private async Task<(Outcome Outcome, int? Status)> PostAsync(
        Batch batch,
        Destination destination,
        List<ReadOnlyMemory<byte>> items,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var target = destination.Sink.TargetOf(batch.Variant);
            return await intake.SendAsync(destination, target, items, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // A defect of ours over what some item has in it: that item is found as one that Datadog stumbles over.
            Log.Defect(logger, exception.GetType().Name, batch.Lane.Connection);
            return (new Outcome.Retry(null, $"Not sent: {exception.GetType().Name}"), null);
        }
    }

    private async Task ReactAsync(
        Batch batch,
        Destination? destination,
        Outcome outcome,
        int? status,
        CancellationToken cancellationToken
    )
    {
        if (outcome is Outcome.Delivered)
        {
            keys.Delivered(batch.Lane.Connection);
        }
        else if (outcome is Outcome.Parked parked)
        {
            await ParkAsync(batch, parked, destination?.KeyId, cancellationToken);
        }
        else if (status == 404)
        {
            Log.NotFound(logger, sender.Name, destination?.Sink.Host);
        }
        else if (outcome is Outcome.Retry retry)
        {
            Log.Failed(logger, batch.Lane.Connection, retry.Reason);
        }
    }

    private void GivenUp(Batch batch, List<Settlement> settlements)
    {
        var letters = settlements.SelectMany(s => s.Dead).ToLookup(letter => letter.Reason);
        if (letters[DeadLetterReason.Disconnected].Count() is var abandoned and > 0)
        {
            Log.Abandoned(logger, abandoned, batch.Lane.Connection, options.Value.Grace, batch.Lane.Health.Connection);
        }

        foreach (var letter in letters[DeadLetterReason.Undeliverable])
        {
            Log.Undeliverable(logger, batch.Lane.Connection, batch.Lane.Site, letter.Detail);
        }
    }

    /// <summary>Site and key are forgotten, and Auth finds out the cause.</summary>
    private async Task ParkAsync(Batch batch, Outcome.Parked parked, string? keyId, CancellationToken cancellationToken)
    {
        var connection = batch.Lane.Connection;
        destinations.Forget(connection);
        if (batch.Generation != batch.Lane.Health.Generation)
        {
            // Another delivery of the same generation has asked.
            return;
        }

        if (batch.Lane.Health.State != LaneState.Parked)
        {
            metrics.Parked();
        }

        try
        {
            var check = await auth.CheckAsync(connection, keyId, cancellationToken);
            batch.Lane.Health.Connection = check?.State;
            Log.Parked(logger, connection, parked.Cause, check?.State, check?.KeyValid);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Log.NotChecked(logger, connection, exception.GetType().Name);
        }
    }

    // A delivery is linked to every request that it came from; of a single one it is also a child, in one trace.
    private Activity? StartActivity(Batch batch)
    {
        var requests = SendingMetrics.Activities.HasListeners() ? RequestsOf(batch) : [];
        var parent = requests is [var only] ? only : default;
        return SendingMetrics.Activities.StartActivity(
            $"deliver {sender.Name}",
            ActivityKind.Producer,
            parent,
            links: requests.Select(r => new ActivityLink(r))
        );
    }

    private static List<ActivityContext> RequestsOf(Batch batch) =>
        batch
            .Segments.SelectMany(s => s.Links.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Distinct()
            .Select(link => ActivityContext.TryParse(link, null, isRemote: true, out var context) ? context : default)
            .Where(context => context != default)
            .ToList();

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "A delivery of {Connection} is to be repeated: {Reason}")]
        public static partial void Failed(ILogger logger, ConnectionId connection, string reason);

        [LoggerMessage(
            LogLevel.Error,
            "A request of {Connection} cannot be made ({Exception}): a defect; what it is of is looked for"
        )]
        public static partial void Defect(ILogger logger, string exception, ConnectionId connection);

        [LoggerMessage(
            LogLevel.Error,
            "An item of {Connection} that fails at {Site} while others pass is given up, a dead letter: {Detail}"
        )]
        public static partial void Undeliverable(ILogger logger, ConnectionId connection, string? site, string detail);

        [LoggerMessage(
            LogLevel.Warning,
            "{Count} items of {Connection} are older than {Grace} while its grant is gone ({State}): dead letters now"
        )]
        public static partial void Abandoned(
            ILogger logger,
            int count,
            ConnectionId connection,
            TimeSpan grace,
            ConnectionState? state
        );

        [LoggerMessage(LogLevel.Critical, "{Count} items of {Connection} are neither delivered nor given up nor kept")]
        public static partial void Dropped(ILogger logger, int count, ConnectionId connection);

        [LoggerMessage(
            LogLevel.Error,
            "404 from {Host} for {Sender}: host or path is configured wrongly; the data is kept"
        )]
        public static partial void NotFound(ILogger logger, string sender, string? host);

        [LoggerMessage(
            LogLevel.Warning,
            "{Connection} is parked ({Cause}); its data waits. Auth says {State}, key valid: {KeyValid}"
        )]
        public static partial void Parked(
            ILogger logger,
            ConnectionId connection,
            ParkCause cause,
            ConnectionState? state,
            bool? keyValid
        );

        [LoggerMessage(LogLevel.Warning, "Auth could not be asked about {Connection} ({Exception})")]
        public static partial void NotChecked(ILogger logger, ConnectionId connection, string exception);
    }
}
