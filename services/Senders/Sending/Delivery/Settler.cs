using System.Threading.Channels;
using Npgsql;
using Partner.Sending.Lanes;
using Partner.Sending.Outbox;

namespace Partner.Sending.Delivery;

/// <summary>
/// Makes outcomes durable, many at once: delivered segments are deleted, dead letters written, counters moved, all in
/// one transaction. Settlements that are not written yet count against <see cref="DeliveryOptions.MaxUnsettled"/>.
/// </summary>
internal sealed partial class Settler(
    SegmentStore store,
    BacklogQuota quota,
    LaneScheduler lanes,
    SendingMetrics metrics,
    TimeProvider time,
    ILogger<Settler> logger
)
{
    private const int MaxAtOnce = 1_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // No caller waits for a settlement, and one of many segments costs the database little more than one of one. The
    // price: after a crash so much more is delivered twice.
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(20);

    // Bounded by MaxUnsettled: the scheduler hands out no batch beyond it.
    private readonly Channel<(Lane Lane, Settlement Settlement)> _queue = Channel.CreateUnbounded<(Lane, Settlement)>(
        new() { SingleReader = true }
    );

    // For room on the disk, in their order; bounded as the queue is.
    private readonly List<(Lane Lane, Settlement Settlement)> _waiting = [];
    private long _triedAt;

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
        while (_waiting.Count > 0 || await _queue.Reader.WaitToReadAsync(cancellationToken))
        {
            // Real time: this is about load and not about any state.
            await Task.Delay(Gather, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await SettleOnceAsync(cancellationToken);
        }
    }

    /// <summary>Settles all that are there, and does not give up while the database is away.</summary>
    internal async Task SettleOnceAsync(CancellationToken cancellationToken)
    {
        var next = new List<(Lane Lane, Settlement Settlement)>();
        while (next.Count < MaxAtOnce && _queue.Reader.TryRead(out var settlement))
        {
            next.Add(settlement);
        }

        if (next.Count == 0 && _waiting.Count > 0)
        {
            await Task.Delay(Pause, time, cancellationToken);
        }

        await SettleAsync(next, cancellationToken);
        if (_waiting.Count > 0 && time.GetElapsedTime(_triedAt) >= Pause)
        {
            await RetryAsync(cancellationToken);
        }
    }

    // On a full disk settlements that only delete go on by themselves, for they make room (F22). A settlement that
    // needs room waits for it, and the later ones of the same segment wait behind it.
    private async Task SettleAsync(List<(Lane Lane, Settlement Settlement)> next, CancellationToken cancellationToken)
    {
        if (next.Count == 0 || (_waiting.Count == 0 && await TryWriteAsync(next, cancellationToken)))
        {
            return;
        }

        if (_waiting.Count == 0)
        {
            Refused(next.Count);
        }

        var waiting = _waiting
            .Concat(next.Where(n => n.Settlement.NeedsRoom))
            .Select(n => n.Settlement.Segment.Id)
            .ToHashSet();
        _waiting.AddRange(next.Where(n => waiting.Contains(n.Settlement.Segment.Id)));
        await DeleteAsync([.. next.Where(n => !waiting.Contains(n.Settlement.Segment.Id))], cancellationToken);
    }

    // A connection's first counters need room too; halving finds the connection.
    private async Task DeleteAsync(List<(Lane Lane, Settlement Settlement)> some, CancellationToken cancellationToken)
    {
        if (some.Count == 0 || await TryWriteAsync(some, cancellationToken))
        {
            return;
        }

        if (some.Count == 1)
        {
            _waiting.Add(some[0]);
            return;
        }

        await DeleteAsync(some[..(some.Count / 2)], cancellationToken);
        await DeleteAsync(some[(some.Count / 2)..], cancellationToken);
    }

    // One to see whether there is room, then more and more.
    private async Task RetryAsync(CancellationToken cancellationToken)
    {
        for (var most = 1; _waiting.Count > 0; most = Math.Min(most * 2, MaxAtOnce))
        {
            var some = _waiting[..Math.Min(most, _waiting.Count)];
            if (!await TryWriteAsync(some, cancellationToken))
            {
                Refused(_waiting.Count);
                return;
            }

            _waiting.RemoveRange(0, some.Count);
        }
    }

    private void Refused(int count)
    {
        _triedAt = time.GetTimestamp();
        Log.NoRoom(logger, count);
    }

    /// <returns>False: there is no room for it.</returns>
    private async Task<bool> TryWriteAsync(
        List<(Lane Lane, Settlement Settlement)> some,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            try
            {
                await WriteAsync(some.ConvertAll(s => s.Settlement), cancellationToken);
                lanes.Settled(some);
                return true;
            }
            catch (PostgresException refusal) when (IsLackOfRoom(refusal.SqlState))
            {
                return false;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                Log.Failed(logger, some.Count, exception.GetType().Name);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    // Class 53, but for connections, of which a smaller part needs no fewer.
    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static bool IsLackOfRoom(string state) =>
        state.StartsWith("53", StringComparison.Ordinal) && state != PostgresErrorCodes.TooManyConnections;

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
        [LoggerMessage(LogLevel.Warning, "{Count} outcomes wait for room on the database's disk")]
        public static partial void NoRoom(ILogger logger, int count);

        [LoggerMessage(LogLevel.Warning, "{Count} outcomes wait for the database ({Exception})")]
        public static partial void Failed(ILogger logger, int count, string exception);
    }
}
