using Npgsql;
using Partner.Sending.Lanes;

namespace Partner.Sending.Outbox;

/// <summary>The backlog of one site, of lanes in one state.</summary>
internal sealed record SiteBacklog(string Site, LaneState State, long Items, long Bytes, TimeSpan Age);

/// <summary>
/// For the meters: this instance's data in the outbox, by site and by the state of its lane, since what is parked may well
/// be days old and says nothing of a site. Counted now and then in the database, which alone knows
/// what is not in memory; the age goes on in between.
/// </summary>
internal sealed partial class Backlog(
    NpgsqlDataSource database,
    Instance instance,
    LaneScheduler lanes,
    TimeProvider time,
    ILogger<Backlog> logger
)
{
    /// <summary>Its connection has not been asked about since this instance began.</summary>
    public const string UnknownSite = "unknown";

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    private volatile Count _last = new([], 0);

    public IReadOnlyList<SiteBacklog> Sites =>
        [
            .. _last.Sites.Select(site =>
                site.Items == 0 ? site : site with { Age = site.Age + time.GetElapsedTime(_last.At) }
            ),
        ];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Every, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await MeasureOnceAsync(cancellationToken);
            }
            catch (Exception exception)
            {
                Log.NotCounted(logger, exception.GetType().Name);
            }
        }
    }

    internal async Task MeasureOnceAsync(CancellationToken cancellationToken)
    {
        var at = time.GetTimestamp();
        var waiting = new List<SiteBacklog>();
        await using var command = database.Command(
            """
            SELECT connection, sum(items)::bigint, sum(raw_bytes)::bigint, now() - min(accepted_at)
            FROM segments WHERE epoch = $1 AND quarantined_at IS NULL
            GROUP BY connection
            """,
            instance.Epoch
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var connection = ConnectionId.Parse(reader.GetString(0));
            waiting.Add(
                new SiteBacklog(
                    lanes.SiteOf(connection) ?? UnknownSite,
                    lanes.View(connection).State,
                    reader.GetInt64(1),
                    reader.GetInt64(2),
                    reader.GetFieldValue<TimeSpan>(3)
                )
            );
        }

        // A site that has nothing left says so, once it has been seen.
        var before = _last.Sites.Select(site => new SiteBacklog(site.Site, site.State, 0, 0, TimeSpan.Zero));
        _last = new Count(
            [
                .. waiting
                    .Concat(before)
                    .GroupBy(w => (w.Site, w.State))
                    .Select(g => new SiteBacklog(
                        g.Key.Site,
                        g.Key.State,
                        g.Sum(w => w.Items),
                        g.Sum(w => w.Bytes),
                        g.Max(w => w.Age)
                    )),
            ],
            at
        );
    }

    private sealed record Count(IReadOnlyList<SiteBacklog> Sites, long At);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "The backlog could not be counted ({Exception})")]
        public static partial void NotCounted(ILogger logger, string exception);
    }
}
