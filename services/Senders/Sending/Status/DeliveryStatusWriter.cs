namespace Partner.Sending.Status;

/// <summary>
/// Stores the new statuses, all connections at once. A few seconds of them may be lost with the process.
/// </summary>
internal sealed partial class DeliveryStatusWriter(
    DeliveryStatusTracker status,
    DeliveryStatusStore store,
    TimeProvider time,
    ILogger<DeliveryStatusWriter> logger
) : BackgroundService
{
    private const int AtOnce = 1_000;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>After <see cref="SendingService"/> has delivered its last.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await WriteOnceAsync(cancellationToken);
    }

    internal async Task WriteOnceAsync(CancellationToken cancellationToken)
    {
        while (status.Take(AtOnce) is { Count: > 0 } taken)
        {
            try
            {
                await store.WriteAsync(taken, cancellationToken);
            }
            catch (Exception exception)
            {
                taken.ForEach(t => status.Keep(t.Connection, t.Status));
                Log.Failed(logger, taken.Count, exception.GetType().Name);
                return;
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Every, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await WriteOnceAsync(stoppingToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "The last outcomes of {Count} connections could not be stored ({Exception}); they are kept"
        )]
        public static partial void Failed(ILogger logger, int count, string exception);
    }
}
