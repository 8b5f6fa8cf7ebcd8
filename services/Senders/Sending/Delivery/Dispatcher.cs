using Partner.Sending.Lanes;
using Partner.Sending.Outbox;

namespace Partner.Sending.Delivery;

/// <summary>Performs what the scheduler decides: starts deliveries and reads.</summary>
internal sealed partial class Dispatcher(
    LaneScheduler lanes,
    Instance instance,
    Deliverer deliverer,
    Settler settler,
    SegmentStore store,
    SendingMetrics metrics,
    TimeProvider time,
    ILogger<Dispatcher> logger
) : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _abort = new();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Step();
            var wait = lanes.UntilNextDue() is { } due && due < Longest ? due : Longest;
            await lanes.Work.WaitAsync(wait + TimeSpan.FromMilliseconds(1), time, cancellationToken);
        }
    }

    /// <summary>Starts all that may start now.</summary>
    internal List<Task> Step()
    {
        var started = new List<Task>();
        if (!instance.IsHeld)
        {
            return started;
        }

        while (lanes.TryTake() is { } batch)
        {
            started.Add(Task.Run(() => DeliverAsync(batch)));
        }

        while (lanes.TryTakeTrial() is { } trial)
        {
            started.Add(Task.Run(() => TryApartAsync(trial)));
        }

        while (lanes.TryLoad() is { } load)
        {
            started.Add(Task.Run(() => LoadAsync(load)));
        }

        return started;
    }

    /// <summary>Ends deliveries that are still under way; their answers are lost.</summary>
    public void Abort() => _abort.Cancel();

    public void Dispose() => _abort.Dispose();

    private async Task DeliverAsync(Batch batch)
    {
        var result = await DeliverOrFailAsync(batch);

        // In this order: what the lane does next may end a segment whose rewriting is asked for here.
        settler.Add(batch.Lane, result.Settlements);
        if (lanes.Complete(batch, result) is var apart and > 0)
        {
            metrics.SetApart(apart);
            Log.SetApart(logger, apart, batch.Lane.Connection.Text);
        }
    }

    private async Task<BatchResult> DeliverOrFailAsync(Batch batch)
    {
        try
        {
            return await deliverer.DeliverAsync(batch, _abort.Token);
        }
        catch (Exception exception)
        {
            // A defect of ours must not take the lane's data or its permit with it.
            if (!_abort.IsCancellationRequested)
            {
                Log.Defect(logger, exception, batch.Lane.Connection.Text);
            }

            return new BatchResult(new Outcome.Retry(null, exception.GetType().Name), [], batch.Segments);
        }
    }

    private async Task TryApartAsync(TrialStart start)
    {
        var (batch, result, gone) = ((Batch?)null, new BatchResult(null, [], []), (IReadOnlyList<long>)[]);
        try
        {
            var (segments, torn) = await store.ReadSomeAsync(
                start.Lane.Connection,
                start.Epoch,
                start.Ids,
                _abort.Token
            );
            if (torn.Count > 0)
            {
                await QuarantineAsync(start.Lane, torn);
            }

            gone = [.. start.Ids.Except(segments.Select(s => s.Id))];
            batch = start.BatchOf(segments);
            result = segments.Count == 0 ? result : await DeliverOrFailAsync(batch);
        }
        catch (Exception exception)
        {
            Log.NotRead(logger, exception.GetType().Name);
        }

        settler.Add(start.Lane, result.Settlements);
        lanes.CompleteTrial(start, batch, result, gone);
    }

    private async Task LoadAsync(Load load)
    {
        try
        {
            var (segments, torn, last, more) = await store.ReadAsync(
                load.Lane.Connection,
                load.Epoch,
                load.After,
                load.Bytes,
                _abort.Token
            );
            if (torn.Count > 0)
            {
                await QuarantineAsync(load.Lane, torn);
            }

            lanes.Loaded(load, segments, last, more);
        }
        catch (Exception exception)
        {
            Log.NotRead(logger, exception.GetType().Name);
            lanes.Loaded(load, null, 0, false);
        }
    }

    private async Task QuarantineAsync(Lane lane, List<long> torn)
    {
        await store.QuarantineAsync(torn, _abort.Token);
        metrics.Quarantined(torn.Count);
        Log.Torn(logger, torn.Count, lane.Connection.Text, torn[0]);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "A delivery of {Connection} ended in an exception; it is repeated")]
        public static partial void Defect(ILogger logger, Exception exception, string connection);

        [LoggerMessage(
            LogLevel.Warning,
            "{Count} segments of {Connection} fail while others pass; they are tried apart from the others"
        )]
        public static partial void SetApart(ILogger logger, int count, string connection);

        [LoggerMessage(
            LogLevel.Error,
            "{Count} segments of {Connection} are not what was stored; set aside, the first is {Id}"
        )]
        public static partial void Torn(ILogger logger, int count, string connection, long id);

        [LoggerMessage(LogLevel.Warning, "A backlog could not be read ({Exception}); it is read again")]
        public static partial void NotRead(ILogger logger, string exception);
    }
}
