using System.Text.Json;
using Microsoft.Extensions.Options;
using Partner.Contracts;
using Partner.Gateway.Limits;

namespace Partner.Gateway.Keys;

/// <summary>Keeps the table current.</summary>
internal sealed partial class KeyPoller(
    IServiceScopeFactory scopes,
    KeyTable table,
    IOptions<KeyTableOptions> options,
    TimeProvider time,
    Func<double> jitter,
    ILogger<KeyPoller> logger) : BackgroundService
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _missLock = new();
    private readonly TokenBucket _missPolls = new(perSecond: 4, burst: 20, time);
    private Task<bool>? _missPoll;
    private long _version;
    private long _loadedAt;
    private int _failures;

    /// <summary>One iteration. False: auth could not be asked, the table stays as it is.</summary>
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
    /// For a key that the table does not know: it may be younger than the last poll. One poll serves all who miss
    /// meanwhile, and there are only so many, so that guessed keys cost auth little. False: auth could not be asked, so
    /// what is not in the table may exist all the same.
    /// </summary>
    internal Task<bool> LookAgainAsync()
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

    private async Task<bool> PollAsync(CancellationToken cancellationToken)
    {
        // A fresh client each time: handlers are pooled for a while only, so that a moved auth is found.
        await using var scope = scopes.CreateAsyncScope();
        var feed = scope.ServiceProvider.GetRequiredService<KeyFeed>();
        try
        {
            if (!table.IsLoaded || time.GetElapsedTime(_loadedAt) >= options.Value.ReloadInterval
                || !await FollowAsync(feed, cancellationToken))
            {
                await LoadAsync(feed, cancellationToken);
            }
        }
        catch (Exception e) when (IsFailedAnswer(e) && !cancellationToken.IsCancellationRequested)
        {
            Log.Failed(logger, _failures++ == 0 ? LogLevel.Warning : LogLevel.Debug, e.GetType().Name, table.Age);
            return false;
        }

        if (_failures > 0)
        {
            Log.Recovered(logger, _failures);
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

    // False: the feed is behind us, so auth's database was restored to an earlier state.
    private async Task<bool> FollowAsync(KeyFeed feed, CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await feed.ReadAsync(_version, cancellationToken);
            if (page.Version < _version)
            {
                Log.Behind(logger, page.Version, _version);
                return false;
            }

            table.Apply(page.Keys);
            Advance(page);
            if (!page.More)
            {
                table.Confirm();
                return true;
            }
        }
    }

    private async Task LoadAsync(KeyFeed feed, CancellationToken cancellationToken)
    {
        var entries = new List<IngestKeyEntry>();
        _version = 0;
        IngestKeyPage page;
        do
        {
            page = await feed.ReadAsync(_version, cancellationToken);
            entries.AddRange(page.Keys);
            Advance(page);
        }
        while (page.More);
        table.Replace(entries);
        _loadedAt = time.GetTimestamp();
        Log.Loaded(logger, table.Count, _version);
    }

    private void Advance(IngestKeyPage page)
    {
        if (page.More && page.Version <= _version)
        {
            throw new InvalidDataException("The feed of ingest keys says that there is more, but does not move.");
        }

        _version = page.Version;
    }

    private static bool IsFailedAnswer(Exception e) =>
        e is HttpRequestException or OperationCanceledException or IOException
            or JsonException or InvalidDataException or FormatException;

    private static partial class Log
    {
        [LoggerMessage("Ingest keys could not be read: {Reason}; the table is {Age} old")]
        public static partial void Failed(ILogger logger, LogLevel level, string reason, TimeSpan? age);

        [LoggerMessage(LogLevel.Information, "Ingest keys are current again after {Failures} failures")]
        public static partial void Recovered(ILogger logger, int failures);

        [LoggerMessage(LogLevel.Warning, "The feed of ingest keys went back to {Theirs} from {Ours}; reading all")]
        public static partial void Behind(ILogger logger, long theirs, long ours);

        [LoggerMessage(LogLevel.Debug, "{Count} ingest keys at version {Version}")]
        public static partial void Loaded(ILogger logger, int count, long version);
    }
}
