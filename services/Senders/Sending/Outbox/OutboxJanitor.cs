using Microsoft.Extensions.Options;
using Partner.Sending.Deduplication;
using Partner.Sending.Series;

namespace Partner.Sending.Outbox;

/// <summary>The periodic work: the backlog is measured, and old idempotency keys, deduplication ids and series go.</summary>
internal sealed partial class OutboxJanitor(
    BacklogQuota quota,
    IdempotencyStore keys,
    DeduplicationStore deduplication,
    SeriesStore series,
    TimeProvider time,
    IOptions<OutboxOptions> options,
    ILogger<OutboxJanitor> logger
)
{
    private const int PrunedAtOnce = 1_000;

    // A look at a large backlog takes its time; it is not to be what the database is busy with.
    private const int MaxShare = 10;

    private static readonly TimeSpan PruneEvery = TimeSpan.FromMinutes(1);

    private long? _prunedAt;
    private TimeSpan _pause;

    /// <summary>Goes on after the first look, which is part of the start.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(_pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await TryOnceAsync(cancellationToken);
        }
    }

    public async Task TryOnceAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        _pause = options.Value.Renewal;
        try
        {
            await quota.MeasureAsync(cancellationToken);
            _pause = options.Value.BacklogLook;
            if (_prunedAt is null || time.GetElapsedTime(_prunedAt.Value) >= PruneEvery)
            {
                _prunedAt = time.GetTimestamp();
                while (await keys.PruneAsync(PrunedAtOnce, cancellationToken) == PrunedAtOnce) { }
                while (await deduplication.PruneAsync(PrunedAtOnce, cancellationToken) == PrunedAtOnce) { }
                while (await series.PruneAsync(PrunedAtOnce, cancellationToken) == PrunedAtOnce) { }
            }

            var least = time.GetElapsedTime(started) * MaxShare;
            _pause = least > _pause ? least : _pause;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Failed(logger, exception.GetType().Name);
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "The backlog could not be measured, or old keys and series not removed ({Exception}); it goes on"
        )]
        public static partial void Failed(ILogger logger, string exception);
    }
}
