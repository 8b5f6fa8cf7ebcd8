using Microsoft.Extensions.Options;

namespace Partner.Gateway.Keys;

/// <summary>Keeps the table of ingest keys current.</summary>
internal sealed partial class IngestKeyPoller(
    AuthFeedClient feed,
    KeyTable table,
    IOptions<KeyTableOptions> options,
    TimeProvider time,
    Func<double> jitter,
    ILogger<IngestKeyPoller> logger
) : ChangeFeedPoller("Ingest keys", feed, options, time, jitter, logger)
{
    private long _version;
    private long _loadedAt;

    protected override TimeSpan? Age => table.Age;

    protected override async Task ReadAsync(AuthFeedClient feed, CancellationToken cancellationToken)
    {
        if (
            !table.IsLoaded
            || Time.GetElapsedTime(_loadedAt) >= Options.ReloadInterval
            || !await FollowAsync(feed, cancellationToken)
        )
        {
            await LoadAsync(feed, cancellationToken);
        }
    }

    // False: the feed is behind us, so auth's database was restored to an earlier state.
    private async Task<bool> FollowAsync(AuthFeedClient feed, CancellationToken cancellationToken)
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

    private async Task LoadAsync(AuthFeedClient feed, CancellationToken cancellationToken)
    {
        var entries = new List<IngestKeyEntry>();
        _version = 0;
        IngestKeyPage page;
        do
        {
            page = await feed.ReadAsync(_version, cancellationToken);
            entries.AddRange(page.Keys);
            Advance(page);
        } while (page.More);
        table.Replace(entries);
        _loadedAt = Time.GetTimestamp();
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

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The feed of ingest keys went back to {Theirs} from {Ours}; reading all")]
        public static partial void Behind(ILogger logger, long theirs, long ours);

        [LoggerMessage(LogLevel.Debug, "{Count} ingest keys at version {Version}")]
        public static partial void Loaded(ILogger logger, int count, long version);
    }
}
