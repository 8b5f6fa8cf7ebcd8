using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Npgsql;
using Partner.Sending.Lanes;

namespace Partner.Sending.Outbox;

/// <summary>
/// This process's life in the database: an epoch, held by a lease on the database's clock. Its loop renews the lease and
/// does nothing else, so that nothing slow can cost it. A process that lost its lease delivers nothing more of that
/// epoch: it takes a new one at once and claims, with the others, what the old one left (<see cref="OrphanClaimer"/>).
/// </summary>
internal sealed partial class Instance(
    InstanceStore store,
    DatabaseSafety safety,
    LaneScheduler lanes,
    TimeProvider time,
    IOptions<OutboxOptions> options,
    ILogger<Instance> logger
) : IHealthCheck
{
    private static readonly TimeSpan SweepFor = TimeSpan.FromSeconds(60);

    private long _heldUntil;
    private long _sweepUntil;
    private bool _checked;
    private volatile string _cause = "it was not reached yet";

    public long Epoch { get; private set; }

    /// <summary>The database was reached and found safe: appends make sense.</summary>
    public bool IsOpen => Epoch != 0;

    /// <summary>
    /// By our own monotonic clock, counted from before the renewal was sent, so it is over here before it is over in
    /// the database, however long this process was stopped in between.
    /// </summary>
    public bool IsHeld => Epoch != 0 && time.GetTimestamp() < Interlocked.Read(ref _heldUntil);

    /// <summary>It answers, and what it answers is 503: degraded, for a restart would mend nothing.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) =>
        Task.FromResult(
            IsHeld
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded(
                    $"No lease on the database ({_cause}): nothing is delivered, and requests are answered 503 while it is away."
                )
        );

    /// <summary>When the last renewal was sent; the watchdog's sign of life.</summary>
    public long LastLook { get; private set; }

    /// <summary>An epoch has begun; the segments of earlier epochs are to be claimed.</summary>
    public WakeSignal Began { get; } = new();

    public bool IsToSweep => time.GetTimestamp() < Interlocked.Read(ref _sweepUntil);

    /// <summary>Rows of ours may appear that no lane knows of: look for a minute, since they may still be under way.</summary>
    public void SweepSoon() => Interlocked.Exchange(ref _sweepUntil, After(time.GetTimestamp(), SweepFor));

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await TryLookAsync(cancellationToken);
            await Task.Delay(options.Value.Renewal, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One renewal, with a database that is away taken for what it is; an unsafe one is thrown.</summary>
    public async Task TryLookAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RenewOnceAsync(cancellationToken);
        }
        catch (Exception exception)
            when (exception is not UnsafeDatabaseException && !cancellationToken.IsCancellationRequested)
        {
            // It may come back with other settings.
            _checked = false;
            // Waiting does not mend a changed password (28P01): it is to be told from a server that is away.
            _cause = exception is PostgresException { SqlState: var state }
                ? $"SQLSTATE {state}"
                : exception.GetType().Name;
            Log.Away(logger, _cause);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        if (Epoch != 0)
        {
            await store.ReleaseAsync(Epoch, cancellationToken);
        }
    }

    private async Task RenewOnceAsync(CancellationToken cancellationToken)
    {
        LastLook = time.GetTimestamp();
        if (!_checked)
        {
            await safety.CheckAsync(cancellationToken);
            _checked = true;
        }

        var (before, began) = (time.GetTimestamp(), false);
        if (Epoch == 0 || !await store.RenewAsync(Epoch, options.Value.Lease, cancellationToken))
        {
            var lost = Epoch;
            before = time.GetTimestamp();
            var epoch = await store.RegisterAsync(Environment.MachineName, options.Value.Lease, cancellationToken);
            // Lanes first: their segments belong to the process that claims the old epoch, which may well be this one.
            lanes.Begin(epoch);
            (Epoch, began) = (epoch, true);
            Log.Began(logger, epoch, lost);
        }

        Interlocked.Exchange(ref _heldUntil, After(before, options.Value.Lease));
        _cause = "it does not answer";
        lanes.Work.Set();
        if (began)
        {
            Began.Set();
        }
    }

    private long After(long timestamp, TimeSpan span) =>
        timestamp + (long)(span.TotalSeconds * time.TimestampFrequency);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The database is away ({Cause}); requests are answered 503 until it is back")]
        public static partial void Away(ILogger logger, string cause);

        [LoggerMessage(LogLevel.Information, "Epoch {Epoch} begins (before: {Lost})")]
        public static partial void Began(ILogger logger, long epoch, long lost);
    }
}
