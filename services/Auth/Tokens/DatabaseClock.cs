using Npgsql;

namespace Partner.Auth.Tokens;

/// <summary>
/// The database's time, which every instance shares. A host whose clock jumps neither uses a token past its end nor
/// refreshes early (faults F27): between two looks time goes on by the host's monotonic clock.
/// </summary>
internal sealed class DatabaseClock(NpgsqlDataSource database, TimeProvider host) : TimeProvider
{
    /// <summary>A look that took longer says too little.</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(2);

    private Anchor? _anchor;

    public override long TimestampFrequency => host.TimestampFrequency;

    /// <summary>The host's own until the database was seen once.</summary>
    public override DateTimeOffset GetUtcNow() =>
        Volatile.Read(ref _anchor) is { } anchor ? anchor.Now + host.GetElapsedTime(anchor.At) : host.GetUtcNow();

    public override long GetTimestamp() => host.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        host.CreateTimer(callback, state, dueTime, period);

    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        var asked = host.GetTimestamp();
        var now = await database.Command("SELECT clock_timestamp()").ScalarAsync<DateTime>(cancellationToken);
        var took = host.GetElapsedTime(asked);
        if (took < LongestLook)
        {
            Volatile.Write(ref _anchor, new Anchor(now + (took / 2), host.GetTimestamp()));
        }
    }

    private sealed record Anchor(DateTimeOffset Now, long At);
}

/// <summary>Looks at the database's time before the first request and every half minute.</summary>
internal sealed partial class DatabaseClockLooks(
    DatabaseClock clock,
    TimeProvider host,
    ILogger<DatabaseClockLooks> logger
) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await TryAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Pause, host, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await TryAsync(stoppingToken);
        }
    }

    // Without the database there is nothing to refresh either; the last look goes on serving.
    private async Task TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(Patience);
            await clock.MeasureAsync(patience.Token);
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException)
        {
            Log.NotSeen(logger, exception.GetType().Name);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "The database's time could not be had: {Exception}")]
        public static partial void NotSeen(ILogger logger, string exception);
    }
}
