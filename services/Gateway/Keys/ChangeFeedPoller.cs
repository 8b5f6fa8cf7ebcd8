using System.Text.Json;
using Microsoft.Extensions.Options;
using Partner.Gateway.Limits;

namespace Partner.Gateway.Keys;

/// <summary>
/// Keeps something of auth's current: by a look every two seconds, and at once for a request that misses an entry.
/// </summary>
internal abstract partial class ChangeFeedPoller(
    string what,
    AuthFeedClient feed,
    IOptions<KeyTableOptions> options,
    TimeProvider time,
    Func<double> jitter,
    ILogger logger
) : BackgroundService
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _missLock = new();
    private readonly TokenBucket _missPolls = new(perSecond: 4, burst: 20, time);
    private Task<bool>? _missPoll;
    private int _failures;

    /// <summary>One iteration. False: auth could not be asked, the known entries stay as they are.</summary>
    internal async Task<bool> PollOnceAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await PollAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// For an entry that the table does not know: it may be younger than the last poll. One poll serves all requests
    /// that miss meanwhile, and there are only so many, so that guesses cost auth little. False: auth could not be
    /// asked, so an entry that is not in the table may exist all the same.
    /// </summary>
    internal Task<bool> PollAgainAsync()
    {
        lock (_missLock)
        {
            return _missPoll is not null && (!_missPoll.IsCompleted || !_missPolls.TryTake(out _))
                ? _missPoll
                : _missPoll = PollOnceAsync(CancellationToken.None);
        }
    }

    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    /// <summary>Brings the table up to date; throws where auth's answer failed.</summary>
    protected abstract Task ReadAsync(AuthFeedClient feed, CancellationToken cancellationToken);

    protected abstract TimeSpan? Age { get; }

    protected TimeProvider Time => time;

    protected KeyTableOptions Options => options.Value;

    private async Task<bool> PollAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReadAsync(feed, cancellationToken);
        }
        catch (Exception e) when (IsFailedAnswer(e) && !cancellationToken.IsCancellationRequested)
        {
            Log.Failed(
                logger,
                _failures++ == 0 ? LogLevel.Warning : LogLevel.Debug,
                what,
                e.GetType().Name,
                Age is { } age ? $"the table is {age} old" : "nothing was read since the start"
            );
            return false;
        }

        if (_failures > 0)
        {
            Log.Recovered(logger, what, _failures);
            _failures = 0;
        }

        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await PollOnceAsync(stoppingToken);
            await Task.Delay(options.Value.PollInterval * (0.75 + (jitter() / 2)), time, stoppingToken);
        }
    }

    internal static bool IsFailedAnswer(Exception e) =>
        e
            is HttpRequestException
                or OperationCanceledException
                or IOException
                or JsonException
                or InvalidDataException
                or FormatException;

    private static partial class Log
    {
        [LoggerMessage("{What} could not be read: {Reason}; {Known}")]
        public static partial void Failed(ILogger logger, LogLevel level, string what, string reason, string known);

        [LoggerMessage(LogLevel.Information, "{What} are current again after {Failures} failures")]
        public static partial void Recovered(ILogger logger, string what, int failures);
    }
}
