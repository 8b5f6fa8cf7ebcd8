using Microsoft.Extensions.Options;
using Partner.Sending.Lanes;

namespace Partner.Sending.Outbox;

/// <summary>
/// Sees to it that every row has a lane somewhere: ends leases that ran out, claims what ended instances left (this
/// process's own former epoch among them), and finds rows of ours that no lane knows of. However long it takes, the
/// lease is renewed meanwhile (<see cref="Instance"/>).
/// </summary>
internal sealed partial class OrphanClaimer(
    Instance instance,
    InstanceStore store,
    LaneScheduler lanes,
    SendingMetrics metrics,
    TimeProvider time,
    IOptions<OutboxOptions> options,
    ILogger<OrphanClaimer> logger
)
{
    private const int SweepRows = 10_000;
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(60);

    /// <summary>Between chunks of what ended instances left: time for others to take theirs.</summary>
    private static readonly TimeSpan ChunkEvery = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<long, long> _seenExpired = [];
    private long _sweptAt;
    private bool _folds = true;

    /// <summary>When the last look began; the watchdog's sign of life.</summary>
    public long LastLook { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var more = await TryLookAsync(cancellationToken);
            var pause = more ? ChunkEvery : options.Value.Renewal;
            _folds |= await instance.Began.WaitAsync(pause, time, cancellationToken);
        }
    }

    internal async Task<bool> TryLookAsync(CancellationToken cancellationToken)
    {
        LastLook = time.GetTimestamp();
        try
        {
            return instance.IsHeld && await ClaimOnceAsync(cancellationToken);
        }
        catch (Exception exception)
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                Log.Failed(logger, exception.GetType().Name);
            }

            return false;
        }
    }

    /// <returns>There is more to claim.</returns>
    private async Task<bool> ClaimOnceAsync(CancellationToken cancellationToken)
    {
        await EndExpiredAsync(cancellationToken);
        var (more, hasClaimed) = (false, false);
        foreach (var orphaned in await store.ReadOrphanedAsync(cancellationToken))
        {
            hasClaimed = true;
            more |= await ClaimAsync(orphaned, cancellationToken);
        }

        await SweepAsync(cancellationToken);
        if (_folds || hasClaimed)
        {
            await store.ForgetAsync(cancellationToken);
        }

        if (_folds)
        {
            await store.FoldCountersAsync(cancellationToken);
            _folds = false;
        }

        return more;
    }

    private async Task EndExpiredAsync(CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        var expired = await store.ReadExpiredAsync(cancellationToken);
        foreach (var forgotten in _seenExpired.Keys.Except(expired).ToList())
        {
            _seenExpired.Remove(forgotten);
        }

        foreach (var epoch in expired.Where(epoch => epoch != instance.Epoch))
        {
            _seenExpired.TryAdd(epoch, now);
            if (
                time.GetElapsedTime(_seenExpired[epoch], now) >= options.Value.ClaimDelay
                && await store.EndAsync(epoch, cancellationToken)
            )
            {
                _seenExpired.Remove(epoch);
                _folds = true;
                Log.Ended(logger, epoch);
            }
        }
    }

    private async Task<bool> ClaimAsync(long dead, CancellationToken cancellationToken)
    {
        var (claimed, count, mayHaveArrived) = await store.ClaimAsync(
            dead,
            instance.Epoch,
            options.Value.ClaimChunk,
            cancellationToken
        );
        foreach (var (connection, first) in claimed)
        {
            lanes.Rescan(ConnectionId.Parse(connection), first);
        }

        metrics.Claimed(count, mayHaveArrived);
        Log.Claimed(logger, count, dead);
        return count == options.Value.ClaimChunk;
    }

    /// <summary>
    /// Finds rows of ours that no lane knows of: after a commit whose outcome is unknown, and now and then in any case.
    /// </summary>
    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        if (!instance.IsToSweep && time.GetElapsedTime(_sweptAt, now) < SweepEvery)
        {
            return;
        }

        _sweptAt = now;
        foreach (var (connection, id) in await store.ReadOwnAsync(instance.Epoch, SweepRows, cancellationToken))
        {
            if (!lanes.Knows(ConnectionId.Parse(connection), id))
            {
                lanes.Rescan(ConnectionId.Parse(connection), id);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "What others left could not be looked for ({Exception}); it is looked for again"
        )]
        public static partial void Failed(ILogger logger, string exception);

        [LoggerMessage(LogLevel.Warning, "The lease of epoch {Epoch} ran out; its segments are claimed")]
        public static partial void Ended(ILogger logger, long epoch);

        [LoggerMessage(LogLevel.Information, "Claimed {Count} segments of epoch {Epoch}")]
        public static partial void Claimed(ILogger logger, int count, long epoch);
    }
}
