using System.Collections.Concurrent;
using Partner.DatadogClient;
using Partner.Sending.Lanes;
using Partner.Sending.Upstream;

namespace Partner.Sending.Delivery;

/// <summary>
/// For intakes that answer 202 to a dead key (datadog-facts 3.1, F11): while a lane is active its key is validated
/// every 5 minutes. Where it turns out dead the lane parks, and leaves that state by a good validation only.
/// </summary>
internal sealed partial class KeyGuard(
    Sender sender,
    LaneScheduler lanes,
    Destinations destinations,
    KeyCheckStore store,
    ConnectionClient auth,
    SendingMetrics metrics,
    TimeProvider time,
    Func<double> jitter,
    ILogger<KeyGuard> logger
)
{
    private const int AtOnce = 16;
    private const string Reason = "Datadog says that the key is not valid.";

    /// <summary>At most (limits 3.1, F11); a fifth of it is jittered away.</summary>
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(5);

    /// <summary>After a lane's first delivery: this process does not know how old the last validation is.</summary>
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);

    /// <summary>Where Auth could not tell.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<ConnectionId, Watch> _watched = [];

    public void Delivered(ConnectionId connection)
    {
        if (sender.ValidatesKeys)
        {
            _watched.GetOrAdd(connection, _ => new Watch { Since = time.GetUtcNow(), Due = In(First) }).IsActive = true;
        }
    }

    /// <summary>Before a parked lane's probe: the intake would say 202, so Auth is asked instead.</summary>
    public async Task<Outcome?> FindRefusalAsync(Lane lane, CancellationToken cancellationToken)
    {
        if (!sender.ValidatesKeys || lane.Health.State != LaneState.Parked)
        {
            return null;
        }

        var (check, at) = await AskAsync(lane.Connection, cancellationToken);
        lane.Health.Connection = check?.State ?? lane.Health.Connection;
        destinations.Forget(lane.Connection);
        if (check?.KeyValid != true)
        {
            return new Outcome.Parked(ParkCause.KeyRefused, lane.Health.Reason ?? Reason);
        }

        try
        {
            await store.ValidAsync(lane.Connection, at, cancellationToken);
            return null;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Data sent now would be counted as suspect: the database comes first.
            Log.NotKept(logger, lane.Connection, exception.GetType().Name);
            return new Outcome.Parked(ParkCause.KeyRefused, lane.Health.Reason ?? Reason);
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (sender.ValidatesKeys && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Look, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ValidateOnceAsync(cancellationToken);
        }
    }

    internal async Task ValidateOnceAsync(CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        await Parallel
            .ForEachAsync(
                _watched.Where(w => w.Value.TryClaim(now)).ToList(),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
                async (watched, token) => await ValidateAsync(watched.Key, watched.Value, token)
            )
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ValidateAsync(ConnectionId connection, Watch watch, CancellationToken cancellationToken)
    {
        if (!watch.TakeActivity())
        {
            Forget(connection, watch);
            return;
        }

        try
        {
            var (check, at) = await AskAsync(connection, cancellationToken);
            switch (check?.KeyValid)
            {
                case true:
                    await store.ValidAsync(connection, at, cancellationToken);
                    (watch.Since, watch.Due) = (at, In(Every));
                    return;
                case false:
                    await ParkAsync(connection, watch, check.State, cancellationToken);
                    watch.Due = In(Every);
                    return;
            }
        }
        catch (Exception exception)
        {
            Log.NotKept(logger, connection, exception.GetType().Name);
        }

        // Auth does not know yet, or the answer could not be written down.
        (watch.IsActive, watch.Due) = (true, In(Again));
    }

    private async Task ParkAsync(
        ConnectionId connection,
        Watch watch,
        ConnectionState state,
        CancellationToken cancellationToken
    )
    {
        destinations.Forget(connection);
        if (lanes.Park(connection, Reason, state))
        {
            metrics.Parked();
            watch.IsUnreported = true;
        }

        var now = time.GetUtcNow();
        var from = await store.DeadAsync(connection, watch.Since, now, cancellationToken);
        if (watch.IsUnreported)
        {
            watch.IsUnreported = false;
            Log.Dead(logger, connection, sender.Name, from, now);
        }
    }

    private async Task<(ConnectionCheck? Check, DateTimeOffset At)> AskAsync(
        ConnectionId connection,
        CancellationToken cancellationToken
    )
    {
        var at = time.GetUtcNow();
        try
        {
            return (await auth.CheckAsync(connection, null, cancellationToken), at);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Log.NotAsked(logger, connection, exception.GetType().Name);
            return (null, at);
        }
    }

    // A delivery may come between the two steps.
    private void Forget(ConnectionId connection, Watch watch)
    {
        _watched.TryRemove(connection, out _);
        if (watch.IsActive)
        {
            watch.Due = In(First);
            _watched.TryAdd(connection, watch);
        }
    }

    private long In(TimeSpan most) =>
        time.GetTimestamp() + (long)(most.TotalSeconds * (1 - (0.2 * jitter())) * time.TimestampFrequency);

    private sealed class Watch
    {
        private volatile bool _active;
        private long _due;

        public DateTimeOffset Since { get; set; }

        public long Due
        {
            get => Interlocked.Read(ref _due);
            set => Interlocked.Exchange(ref _due, value);
        }

        /// <summary>Its lane was parked, and the log does not say yet from when on its data is suspect.</summary>
        public bool IsUnreported { get; set; }

        /// <summary>It has delivered since the last validation.</summary>
        public bool IsActive
        {
            get => _active;
            set => _active = value;
        }

        /// <summary>It is due, and no other caller gets it until it is due again.</summary>
        public bool TryClaim(long now) =>
            Due is var due && due <= now && Interlocked.CompareExchange(ref _due, long.MaxValue, due) == due;

        public bool TakeActivity() => Interlocked.Exchange(ref _active, false);
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "The key of {Connection} is dead and its {Sender} wait; what was sent between {From} and {To} may be lost"
        )]
        public static partial void Dead(
            ILogger logger,
            ConnectionId connection,
            string sender,
            DateTimeOffset from,
            DateTimeOffset to
        );

        [LoggerMessage(LogLevel.Warning, "The key of {Connection} could not be validated ({Exception})")]
        public static partial void NotAsked(ILogger logger, ConnectionId connection, string exception);

        [LoggerMessage(
            LogLevel.Warning,
            "What is known of the key of {Connection} could not be written down ({Exception})"
        )]
        public static partial void NotKept(ILogger logger, ConnectionId connection, string exception);
    }
}
