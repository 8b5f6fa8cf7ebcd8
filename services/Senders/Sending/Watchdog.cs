using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Partner.Sending.Lanes;
using Partner.Sending.Outbox;

namespace Partner.Sending;

/// <summary>
/// A lane that has work, is held back by nothing, and makes no progress is a defect that no error tells of (F30). It
/// is said once a look at Error, and <c>/alive</c> fails so that the process is restarted: others then claim its work.
/// </summary>
internal sealed partial class Watchdog(
    LaneScheduler lanes,
    Instance instance,
    OrphanClaimer heir,
    TimeProvider time,
    IOptions<DeliveryOptions> options,
    ILogger<Watchdog> logger
) : IHealthCheck
{
    internal static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    private volatile string? _trouble;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Every, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            CheckOnce();
        }
    }

    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) => Task.FromResult(_trouble is { } trouble ? HealthCheckResult.Unhealthy(trouble) : HealthCheckResult.Healthy());

    internal void CheckOnce()
    {
        lanes.EvictIdle();
        var limit = options.Value.Wedge;
        // A database that is away makes the lease lapse, and is no reason to restart; a lease loop that hangs is.
        var wedged = instance.IsHeld ? lanes.FindWedged(limit) : [];
        if (wedged.Count > 0)
        {
            _trouble = "Backlog without progress.";
            Log.Wedged(logger, wedged.Count, limit, wedged[0].Text);
        }
        else if (instance.IsOpen && time.GetElapsedTime(Math.Min(instance.LastLook, heir.LastLook)) >= limit)
        {
            _trouble = "A loop at the database hangs.";
            Log.LeaseHangs(logger, limit);
        }
        else
        {
            _trouble = null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "{Count} lanes have had work and made no progress for {Limit}, the first is {Connection}; this process is to be restarted"
        )]
        public static partial void Wedged(ILogger logger, int count, TimeSpan limit, string connection);

        [LoggerMessage(
            LogLevel.Error,
            "The loop for the lease, or that for what others left, has not looked at the database for {Limit}; this process is to be restarted"
        )]
        public static partial void LeaseHangs(ILogger logger, TimeSpan limit);
    }
}
