using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Partner.Sending.Lanes;
using Partner.Sending.Outbox;

namespace Partner.Sending.Delivery;

/// <summary>Performs what the scheduler decides: starts deliveries and reads.</summary>
internal sealed partial class Dispatcher : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private readonly LaneScheduler _lanes;
    private readonly Instance _instance;
    private readonly Deliverer _deliverer;
    private readonly Settler _settler;
    private readonly SegmentStore _store;
    private readonly SendingMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<Dispatcher> _logger;
    private readonly CancellationTokenSource _abort = new();

    // One wake-up is enough, however many ask for it.
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    public Dispatcher(
        LaneScheduler lanes,
        Instance instance,
        Deliverer deliverer,
        Settler settler,
        SegmentStore store,
        SendingMetrics metrics,
        TimeProvider time,
        ILogger<Dispatcher> logger
    )
    {
        (_lanes, _instance, _deliverer, _settler, _store) = (lanes, instance, deliverer, settler, store);
        (_metrics, _time, _logger) = (metrics, time, logger);
        lanes.Wake = () => _signal.Writer.TryWrite(true);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Step();
            var wait = _lanes.UntilNextDue() is { } due && due < Longest ? due : Longest;
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var delay = Task.Delay(wait + TimeSpan.FromMilliseconds(1), _time, timeout.Token);
            await Task.WhenAny(_signal.Reader.WaitToReadAsync(timeout.Token).AsTask(), delay);
            await timeout.CancelAsync();
            _signal.Reader.TryRead(out _);
        }
    }

    /// <summary>Starts all that may start now.</summary>
    internal List<Task> Step()
    {
        var started = new List<Task>();
        if (!_instance.IsHeld)
        {
            return started;
        }

        while (_lanes.TryTake() is { } batch)
        {
            started.Add(Task.Run(() => DeliverAsync(batch)));
        }

        while (_lanes.TryTakeTrial() is { } trial)
        {
            started.Add(Task.Run(() => TryApartAsync(trial)));
        }

        while (_lanes.TryLoad() is { } load)
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
        _settler.Add(batch.Lane, result.Settlements);
        if (_lanes.Complete(batch, result) is var apart and > 0)
        {
            _metrics.SetApart(apart);
            Log.SetApart(_logger, apart, batch.Lane.Connection.Text);
        }
    }

    private async Task<BatchResult> DeliverOrFailAsync(Batch batch)
    {
        try
        {
            return await _deliverer.DeliverAsync(batch, _abort.Token);
        }
        catch (Exception exception)
        {
            // A defect of ours must not take the lane's data or its slot with it.
            if (!_abort.IsCancellationRequested)
            {
                Log.Defect(_logger, exception, batch.Lane.Connection.Text);
            }

            return new BatchResult(new Outcome.Retry(null, exception.GetType().Name), [], batch.Segments);
        }
    }

    private async Task TryApartAsync(TrialStart start)
    {
        var (batch, result, gone) = ((Batch?)null, new BatchResult(null, [], []), (IReadOnlyList<long>)[]);
        try
        {
            var (segments, torn) = await _store.ReadSomeAsync(
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
            Log.NotRead(_logger, exception.GetType().Name);
        }

        _settler.Add(start.Lane, result.Settlements);
        _lanes.CompleteTrial(start, batch, result, gone);
    }

    private async Task LoadAsync(Load load)
    {
        try
        {
            var (segments, torn, last, more) = await _store.ReadAsync(
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

            _lanes.Loaded(load, segments, last, more);
        }
        catch (Exception exception)
        {
            Log.NotRead(_logger, exception.GetType().Name);
            _lanes.Loaded(load, null, 0, false);
        }
    }

    private async Task QuarantineAsync(Lane lane, List<long> torn)
    {
        await _store.QuarantineAsync(torn, _abort.Token);
        _metrics.Quarantined(torn.Count);
        Log.Torn(_logger, torn.Count, lane.Connection.Text, torn[0]);
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
