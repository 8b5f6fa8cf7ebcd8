using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Partner.Contracts;
using Partner.Sending.Lanes;

namespace Partner.Sending.Outbox;

/// <summary>
/// This process's life in the database: an epoch, held by a lease on the database's clock. It renews its own, ends
/// those that ran out, and claims what they left. A process that lost its lease delivers nothing more of that epoch:
/// others do; it takes a new one and goes on.
/// </summary>
internal sealed partial class Instance(
    InstanceStore store,
    DatabaseSafety safety,
    LaneScheduler lanes,
    SendingMetrics metrics,
    TimeProvider time,
    IOptions<OutboxOptions> options,
    ILogger<Instance> logger)
{
    private const int SweepRows = 10_000;
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(60);

    private readonly Dictionary<long, long> _seenExpired = [];
    private long _heldUntil;
    private long _sweepUntil;
    private long _sweptAt;
    private bool _checked;

    public long Epoch { get; private set; }

    /// <summary>The database was reached and found safe: appends make sense.</summary>
    public bool IsOpen => Epoch != 0;

    /// <summary>
    /// By our own monotonic clock, counted from before the renewal was sent, so it is over here before it is over in
    /// the database, however long this process was stopped in between.
    /// </summary>
    public bool IsHeld => Epoch != 0 && time.GetTimestamp() < Interlocked.Read(ref _heldUntil);

    /// <summary>When the last look at the database began; the watchdog's sign of life.</summary>
    public long LastLook { get; private set; }

    /// <summary>Rows of ours may appear that no lane knows of: look for a minute, since they may still be under way.</summary>
    public void SweepSoon() => Interlocked.Exchange(ref _sweepUntil, After(time.GetTimestamp(), SweepEvery));

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await TryLookAsync(cancellationToken);
            await Task.Delay(options.Value.Renewal, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One look, with a database that is away taken for what it is; an unsafe one is thrown.</summary>
    public async Task TryLookAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LookOnceAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not UnsafeDatabaseException && !cancellationToken.IsCancellationRequested)
        {
            // It may come back with other settings.
            _checked = false;
            Log.Away(logger, exception.GetType().Name);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    internal async Task LookOnceAsync(CancellationToken cancellationToken)
    {
        LastLook = time.GetTimestamp();
        if (!_checked)
        {
            await safety.CheckAsync(cancellationToken);
            _checked = true;
        }

        await KeepLeaseAsync(cancellationToken);
        await EndExpiredAsync(cancellationToken);
        foreach (var orphaned in await store.ReadOrphanedAsync(cancellationToken))
        {
            await ClaimAsync(orphaned, cancellationToken);
        }

        await SweepAsync(cancellationToken);
    }

    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        if (Epoch != 0)
        {
            await store.ReleaseAsync(Epoch, cancellationToken);
        }
    }

    private async Task KeepLeaseAsync(CancellationToken cancellationToken)
    {
        var before = time.GetTimestamp();
        if (Epoch == 0 || !await store.RenewAsync(Epoch, options.Value.Lease, cancellationToken))
        {
            var lost = Epoch;
            before = time.GetTimestamp();
            var epoch = await store.RegisterAsync(Environment.MachineName, options.Value.Lease, cancellationToken);
            // Lanes first: what they hold belongs to whoever claimed the old epoch.
            lanes.Begin(epoch);
            Epoch = epoch;
            Log.Began(logger, epoch, lost);
            await store.FoldCountersAsync(cancellationToken);
        }

        Interlocked.Exchange(ref _heldUntil, After(before, options.Value.Lease));
        lanes.Wake();
    }

    private async Task EndExpiredAsync(CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        var expired = await store.ReadExpiredAsync(cancellationToken);
        foreach (var forgotten in _seenExpired.Keys.Except(expired).ToList())
        {
            _seenExpired.Remove(forgotten);
        }

        foreach (var epoch in expired.Where(epoch => epoch != Epoch))
        {
            _seenExpired.TryAdd(epoch, now);
            if (time.GetElapsedTime(_seenExpired[epoch], now) >= options.Value.ClaimDelay
                && await store.EndAsync(epoch, cancellationToken))
            {
                _seenExpired.Remove(epoch);
                Log.Ended(logger, epoch);
                await store.FoldCountersAsync(cancellationToken);
            }
        }
    }

    private async Task ClaimAsync(long dead, CancellationToken cancellationToken)
    {
        var (claimed, count) = await store.ClaimAsync(dead, Epoch, options.Value.ClaimChunk, cancellationToken);
        foreach (var (connection, first) in claimed)
        {
            lanes.Rescan(ConnectionId.Parse(connection), first);
        }

        metrics.Claimed(count);
        Log.Claimed(logger, count, dead);
    }

    /// <summary>
    /// Finds rows of ours that no lane knows of: after a commit whose outcome is unknown, and now and then in any case.
    /// </summary>
    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        if (now >= Interlocked.Read(ref _sweepUntil) && time.GetElapsedTime(_sweptAt, now) < SweepEvery)
        {
            return;
        }

        _sweptAt = now;
        foreach (var (connection, id) in await store.ReadOwnAsync(Epoch, SweepRows, cancellationToken))
        {
            if (!lanes.Knows(ConnectionId.Parse(connection), id))
            {
                lanes.Rescan(ConnectionId.Parse(connection), id);
            }
        }
    }

    private long After(long timestamp, TimeSpan span) => timestamp + (long)(span.TotalSeconds * time.TimestampFrequency);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The database is away ({Exception}); requests are answered 503 until it is back")]
        public static partial void Away(ILogger logger, string exception);

        [LoggerMessage(LogLevel.Information, "Epoch {Epoch} begins (before: {Lost})")]
        public static partial void Began(ILogger logger, long epoch, long lost);

        [LoggerMessage(LogLevel.Warning, "The lease of epoch {Epoch} ran out; its segments are claimed")]
        public static partial void Ended(ILogger logger, long epoch);

        [LoggerMessage(LogLevel.Information, "Claimed {Count} segments of epoch {Epoch}")]
        public static partial void Claimed(ILogger logger, int count, long epoch);
    }
}
