using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Partner.Sending.Letters;

/// <summary>Removes dead letters that are older than they are kept, in small batches, and counts them.</summary>
internal sealed partial class LettersKeeper(
    LetterStore letters, ReplayStore replays, LettersMetrics metrics, TimeProvider time, IOptions<LettersOptions> options,
    ILogger<LettersKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BetweenBatches = TimeSpan.FromMilliseconds(200);

    /// <returns>There may be more.</returns>
    internal async Task<bool> LookOnceAsync(CancellationToken cancellationToken)
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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var more = false;
            try
            {
                more = await LookOnceAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, exception.GetType().Name);
            }
            catch (OperationCanceledException)
            {
                // Stopping.
            }

            await Task.Delay(more ? BetweenBatches : Every, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Count} dead letters were older than {Keep} and are removed")]
        public static partial void Removed(ILogger logger, int count, TimeSpan keep);

        [LoggerMessage(LogLevel.Warning, "Old dead letters could not be removed ({Exception}); they are looked for again")]
        public static partial void Failed(ILogger logger, string exception);
    }
}
