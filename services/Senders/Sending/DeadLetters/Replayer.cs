using Microsoft.Extensions.Options;
using Partner.Sending.Lanes;
using Partner.Sending.Outbox;

namespace Partner.Sending.DeadLetters;

/// <summary>
/// Takes the next step of each replay that runs, turn by turn. Every instance does; the row's lock admits one at a time
/// to each, so that no instance has to notice that another has died.
/// </summary>
internal sealed partial class Replayer(
    ReplayStore store,
    ReplayMove move,
    LaneScheduler lanes,
    Instance instance,
    DeadLetterMetrics metrics,
    TimeProvider time,
    IOptions<DeadLetterOptions> options,
    IOptions<DeliveryOptions> delivery,
    ILogger<Replayer> logger
) : BackgroundService
{
    private const int AtOnce = 50;
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private readonly WakeSignal _work = new();

    public void Wake() => _work.Set();

    /// <summary>One step of each replay that runs.</summary>
    /// <returns>Something moved.</returns>
    internal async Task<bool> StepOnceAsync(CancellationToken cancellationToken)
    {
        if (!instance.IsHeld || lanes.MemoryBytes > delivery.Value.MemoryBytes / 2)
        {
            return false;
        }

        var moved = false;
        foreach (var (id, connection) in await store.ReadRunningAsync(AtOnce, cancellationToken))
        {
            // A lane that does not flow would only keep what it is given.
            if (lanes.View(connection).State == LaneState.Flowing)
            {
                moved |= await StepAsync(id, cancellationToken);
            }
        }

        return moved;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = Shortest;
        while (!stoppingToken.IsCancellationRequested)
        {
            if (await TryStepAsync(stoppingToken))
            {
                pause = Shortest;
                continue;
            }

            pause =
                await _work.WaitAsync(pause, time, stoppingToken) ? Shortest
                : pause * 2 < Longest ? pause * 2
                : Longest;
        }
    }

    private async Task<bool> TryStepAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await StepOnceAsync(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Among them a commit without an answer, whose rows may be there: they are looked for.
            instance.SweepSoon();
            Log.Failed(logger, exception.GetType().Name);
            return false;
        }
        catch (OperationCanceledException)
        {
            // Stopping: either it was committed, and the next instance finds the rows, or it was not.
            return false;
        }
    }

    private async Task<bool> StepAsync(long id, CancellationToken cancellationToken)
    {
        var step = await move.StepAsync(id, instance.Epoch, options.Value, cancellationToken);
        metrics.Replayed(step.Letters, step.Refused);
        if (step.First != 0)
        {
            lanes.Rescan(step.Connection, step.First);
        }

        if (step.Step == ReplayStep.Done)
        {
            Log.Done(logger, id, step.Connection);
        }

        return step.Step == ReplayStep.Moved;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A step of the replays failed ({Exception}); it is taken again")]
        public static partial void Failed(ILogger logger, string exception);

        [LoggerMessage(LogLevel.Information, "Replay {Id} of {Connection} is done")]
        public static partial void Done(ILogger logger, long id, ConnectionId connection);
    }
}
