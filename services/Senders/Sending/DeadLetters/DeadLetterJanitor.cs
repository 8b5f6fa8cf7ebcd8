using Microsoft.Extensions.Options;

namespace Partner.Sending.DeadLetters;

/// <summary>
/// Removes dead letters that take too much room or are older than they are kept, in small batches, and counts them.
/// </summary>
internal sealed partial class DeadLetterJanitor(
    DeadLetterTrimmer trimmer,
    DeadLetterStore letters,
    ReplayStore replays,
    DeadLetterMetrics metrics,
    TimeProvider time,
    IOptions<DeadLetterOptions> options,
    ILogger<DeadLetterJanitor> logger
) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BetweenBatches = TimeSpan.FromMilliseconds(200);

    /// <returns>There may be more.</returns>
    internal async Task<bool> SweepOnceAsync(CancellationToken cancellationToken) =>
        await trimmer.StepAsync(cancellationToken) || await AgeOutAsync(cancellationToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var (more, started) = (false, time.GetTimestamp());
            try
            {
                more = await SweepOnceAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, exception.GetType().Name);
            }
            catch (OperationCanceledException)
            {
                // Stopping.
            }

            // Half of the time at most, and yet faster than any flood: 2,000 in 200 ms are fewer than can come.
            var took = time.GetElapsedTime(started);
            await Task.Delay(
                    more
                        ? took < BetweenBatches
                            ? took
                            : BetweenBatches
                        : Every,
                    time,
                    stoppingToken
                )
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await trimmer.EndAsync();
    }

    private async Task<bool> AgeOutAsync(CancellationToken cancellationToken)
    {
        var most = options.Value.RemovedAtOnce;
        var gone = await letters.AgeOutAsync(options.Value.Keep, most, cancellationToken);
        if (gone > 0)
        {
            metrics.Removed(gone, "age");
            Log.Removed(logger, gone, options.Value.Keep);
        }

        await replays.RemoveOldAsync(options.Value.Keep, most, cancellationToken);
        return gone == most;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Count} dead letters were older than {Keep} and are removed")]
        public static partial void Removed(ILogger logger, int count, TimeSpan keep);

        [LoggerMessage(LogLevel.Warning, "Dead letters could not be measured or removed ({Exception}); it goes on")]
        public static partial void Failed(ILogger logger, string exception);
    }
}
