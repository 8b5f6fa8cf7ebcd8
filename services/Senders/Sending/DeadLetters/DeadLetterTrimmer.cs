using Microsoft.Extensions.Options;
using Npgsql;

namespace Partner.Sending.DeadLetters;

/// <summary>
/// Keeps dead letters within the room that they may take: measures now and then, and removes what
/// <see cref="DeadLetterRoom"/> says, batch by batch, each a transaction of its own.
/// </summary>
internal sealed partial class DeadLetterTrimmer(
    TrimStore store,
    DeadLetterMetrics metrics,
    TimeProvider time,
    IOptions<DeadLetterOptions> options,
    ILogger<DeadLetterTrimmer> logger
)
{
    // A look at many letters takes its time; it is not to be what the database is busy with.
    private const int MaxShare = 10;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(1);

    private readonly Queue<Removal> _removals = [];
    private NpgsqlConnection? _turn;
    private long? _measuredAt;
    private TimeSpan _pause;
    private long _after;
    private long _done;
    private long _removed;
    private int _connections;

    /// <summary>One look, or one batch of what the last look has found to be too much.</summary>
    /// <returns>There is more to remove.</returns>
    public async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        try
        {
            await (_turn is null ? MeasureAsync(cancellationToken) : RemoveSomeAsync(_turn, cancellationToken));
        }
        catch
        {
            // The rest is measured anew; meanwhile there is other work.
            _pause = AfterFailure;
            await EndAsync();
            throw;
        }

        if (_removals.Count > 0)
        {
            return true;
        }

        await EndAsync();
        return false;
    }

    /// <summary>Leaves the rest to the next look, of this instance or another.</summary>
    public async Task EndAsync()
    {
        if (_removed > 0)
        {
            Log.Removed(logger, _removed, _connections);
        }

        _removals.Clear();
        (_after, _done, _removed, _connections) = (0, 0, 0, 0);
        if (_turn is { } turn)
        {
            _turn = null;
            await TrimStore.GiveTurnAsync(turn);
        }
    }

    private async Task MeasureAsync(CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        if (_measuredAt is { } last && time.GetElapsedTime(last, now) < _pause)
        {
            return;
        }

        (_measuredAt, _pause) = (now, Every);
        _turn = await store.TakeTurnAsync(cancellationToken);
        if (_turn is null)
        {
            return;
        }

        now = time.GetTimestamp();
        var held = await TrimStore.MeasureAsync(_turn, cancellationToken);
        var least = time.GetElapsedTime(now) * MaxShare;
        _pause = least > Every ? least : Every;
        var removals = DeadLetterRoom.Decide(held, options.Value.MaxConnectionBytes, options.Value.MaxBytes);
        _connections = removals.DistinctBy(r => r.Connection).Count();
        removals.ForEach(_removals.Enqueue);
    }

    private async Task RemoveSomeAsync(NpgsqlConnection turn, CancellationToken cancellationToken)
    {
        var removal = _removals.Peek();
        var gone = await TrimStore.RemoveAsync(
            turn,
            removal with
            {
                Bytes = removal.Bytes - _done,
            },
            _after,
            options.Value.RemovedAtOnce,
            cancellationToken
        );
        metrics.Removed(gone.Letters, "size");
        (_after, _done, _removed) = (gone.LastId, _done + gone.Bytes, _removed + gone.Letters);
        // None is found where they were discarded meanwhile, or are old enough to go for that.
        if (gone.Letters == 0 || _done >= removal.Bytes)
        {
            _removals.Dequeue();
            (_after, _done) = (0, 0);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "{Count} dead letters of {Connections} connections took more room than they may, and were removed, the oldest first"
        )]
        public static partial void Removed(ILogger logger, long count, int connections);
    }
}
