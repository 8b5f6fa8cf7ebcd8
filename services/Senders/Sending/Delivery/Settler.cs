using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Partner.Sending.Lanes;
using Partner.Sending.Outbox;

namespace Partner.Sending.Delivery;

/// <summary>
/// Makes outcomes durable, many at once: delivered segments are deleted, dead letters written, counters moved, all in
/// one transaction. What it has not managed yet counts against <see cref="DeliveryOptions.MaxUnsettled"/>.
/// </summary>
internal sealed partial class Settler(
    SegmentStore store, BacklogQuota quota, LaneScheduler lanes, SendingMetrics metrics, TimeProvider time, ILogger<Settler> logger)
{
    private const int MaxAtOnce = 1_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Nobody waits for a settlement, and one of many segments costs the database little more than one of one. The price:
    // after a crash so much more is delivered twice.
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(20);

    // Bounded by MaxUnsettled: the scheduler hands out no batch beyond it.
    private readonly Channel<(Lane Lane, Settlement Settlement)> _queue =
        Channel.CreateUnbounded<(Lane, Settlement)>(new() { SingleReader = true });

    public void Add(Lane lane, IEnumerable<Settlement> settlements)
    {
        foreach (var settlement in settlements)
        {
            _queue.Writer.TryWrite((lane, settlement));
        }
    }

    public void Complete() => _queue.Writer.TryComplete();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await _queue.Reader.WaitToReadAsync(cancellationToken))
        {
            // Real time: this is about load and not about any state.
            await Task.Delay(Gather, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await SettleOnceAsync(cancellationToken);
        }
    }

    /// <summary>Settles what is there, and does not give up while the database is away.</summary>
    internal async Task SettleOnceAsync(CancellationToken cancellationToken)
    {
        var settled = new List<(Lane Lane, Settlement Settlement)>();
        while (settled.Count < MaxAtOnce && _queue.Reader.TryRead(out var next))
        {
            settled.Add(next);
        }

        while (settled.Count > 0)
        {
            try
            {
                await WriteAsync(settled.ConvertAll(s => s.Settlement), cancellationToken);
                lanes.Settled(settled);
                return;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                Log.Failed(logger, settled.Count, exception.GetType().Name);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    // A segment may be shrunk and then ended within one go: shrinking comes first.
    private async Task WriteAsync(List<Settlement> settlements, CancellationToken cancellationToken)
    {
        foreach (var settlement in settlements.Where(s => s.Remaining is not null))
        {
            await store.ShrinkAsync(settlement, settlement.Remaining!, cancellationToken);
        }

        var over = settlements.Where(s => s.Remaining is null).ToList();
        if (over.Count > 0)
        {
            var ended = await store.EndAsync(over, cancellationToken);
            metrics.TakenOver(over.Count - ended);
            quota.Ended(over);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Count} outcomes wait for the database ({Exception})")]
        public static partial void Failed(ILogger logger, int count, string exception);
    }
}
