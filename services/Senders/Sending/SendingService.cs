using Microsoft.Extensions.Options;
using Partner.Sending.Delivery;
using Partner.Sending.Lanes;
using Partner.Sending.Outbox;

namespace Partner.Sending;

/// <summary>
/// Starts and stops the loops in the right order. It starts before the server listens and stops after the server's last
/// request: accepted data is committed, delivery goes on for a bounded time, the lease is given back.
/// </summary>
internal sealed partial class SendingService(
    Instance instance,
    OutboxJanitor janitor,
    OrphanClaimer claimer,
    GroupCommitter committer,
    Dispatcher dispatcher,
    Settler settler,
    Watchdog watchdog,
    KeyGuard keys,
    Backlog backlog,
    LaneScheduler lanes,
    SendingMetrics metrics,
    DatabaseSafety safety,
    TimeProvider time,
    IOptions<DeliveryOptions> options,
    ILogger<SendingService> logger
) : IHostedService, IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _dispatch = new();
    private readonly CancellationTokenSource _lease = new();
    private Task _running = Task.CompletedTask;
    private Task _dispatching = Task.CompletedTask;
    private Task _committing = Task.CompletedTask;
    private Task _settling = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.Observe(lanes);
        metrics.Observe(backlog);
        // An unsafe database stops the start; one that is away does not: requests are answered 503 until it is there.
        await instance.TryLookAsync(cancellationToken);
        await janitor.TryOnceAsync(cancellationToken);
        _running = Task.WhenAll(
            Task.Run(() => KeepLeaseAsync(_lease.Token), CancellationToken.None),
            Task.Run(() => claimer.RunAsync(_lease.Token), CancellationToken.None),
            watchdog.RunAsync(_lease.Token),
            keys.RunAsync(_lease.Token),
            backlog.RunAsync(_lease.Token),
            janitor.RunAsync(_lease.Token)
        );
        _committing = Task.Run(() => committer.RunAsync(CancellationToken.None), CancellationToken.None);
        _settling = Task.Run(() => settler.RunAsync(_lease.Token), CancellationToken.None);
        _dispatching = Task.Run(() => dispatcher.RunAsync(_dispatch.Token), CancellationToken.None);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        committer.Complete();
        await SettledOrCanceled(_committing, cancellationToken);
        await WaitAsync(() => lanes.IsQuiet, options.Value.Drain, cancellationToken);
        await _dispatch.CancelAsync();
        await SettledOrCanceled(_dispatching, cancellationToken);
        await WaitAsync(() => lanes.InFlight == 0, options.Value.Timeout / 2, cancellationToken);
        dispatcher.Abort();
        await WaitAsync(() => lanes.InFlight == 0, options.Value.Drain, cancellationToken);
        settler.Complete();
        await SettledOrCanceled(
            _settling.WaitAsync(options.Value.Drain, time, CancellationToken.None),
            cancellationToken
        );
        await _lease.CancelAsync();
        await SettledOrCanceled(_running, cancellationToken);
        try
        {
            await instance.ReleaseAsync(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Log.NotReleased(logger, exception.GetType().Name);
        }
    }

    public void Dispose()
    {
        _dispatch.Dispose();
        _lease.Dispose();
    }

    private async Task KeepLeaseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await instance.RunAsync(cancellationToken);
        }
        catch (UnsafeDatabaseException exception)
        {
            safety.Stop(exception);
        }
    }

    // Steps of real time: a stop has to end regardless of the clock.
    private static async Task WaitAsync(Func<bool> done, TimeSpan most, CancellationToken cancellationToken)
    {
        for (
            var left = most;
            left > TimeSpan.Zero && !done() && !cancellationToken.IsCancellationRequested;
            left -= Step
        )
        {
            await Task.Delay(Step, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task SettledOrCanceled(Task task, CancellationToken cancellationToken) =>
        await task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The lease could not be given back ({Exception}); it runs out by itself")]
        public static partial void NotReleased(ILogger logger, string exception);
    }
}
