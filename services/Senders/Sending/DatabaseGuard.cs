using Microsoft.Extensions.Options;

namespace Partner.Sending;

/// <summary>
/// For a sender without an outbox, whose lease loop would do it: an unsafe database stops the start, or the process as
/// soon as it is seen; one that is away is waited for, and nothing is promised meanwhile.
/// </summary>
internal sealed partial class DatabaseGuard(
    DatabaseSafety safety,
    TimeProvider time,
    IOptions<OutboxOptions> options,
    ILogger<DatabaseGuard> logger
) : BackgroundService
{
    /// <summary>The database was there at the last look, and safe.</summary>
    public bool IsOpen { get; private set; }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await CheckOnceAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await Task.Delay(options.Value.Renewal, time, stoppingToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await CheckOnceAsync(stoppingToken);
            }
        }
        catch (UnsafeDatabaseException exception)
        {
            safety.Stop(exception);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task CheckOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await safety.CheckAsync(cancellationToken);
            IsOpen = true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // It may come back with other settings.
            IsOpen = false;
            if (exception is UnsafeDatabaseException)
            {
                throw;
            }

            Log.Away(logger, exception.GetType().Name);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "The database is away ({Exception}); requests are answered 503 until it is back"
        )]
        public static partial void Away(ILogger logger, string exception);
    }
}
