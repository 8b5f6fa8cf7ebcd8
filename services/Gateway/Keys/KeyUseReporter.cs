using Partner.Gateway.PartnerApi;

namespace Partner.Gateway.Keys;

/// <summary>Tells auth once a minute which keys and credentials were used, so that lists can show it.</summary>
internal sealed partial class KeyUseReporter(
    AuthFeedClient feed,
    KeyTable keys,
    PartnerCredentials credentials,
    TimeProvider time,
    Func<double> jitter,
    ILogger<KeyUseReporter> logger
) : BackgroundService
{
    private const int AtOnce = 5_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>One report. Uses that auth did not take are told again with the next.</summary>
    internal async Task ReportOnceAsync(CancellationToken cancellationToken)
    {
        var used = keys.All.Select(key => (Id: key.KeyId, key.Use)).Where(key => key.Use.Take()).ToArray();
        var issued = credentials.Issued.Where(credential => credential.Use.Take()).ToArray();
        if (used.Length + issued.Length == 0)
        {
            return;
        }

        try
        {
            var ids = issued.Select(credential => credential.Id!.Value).ToArray();
            await feed.ReportAsync(new KeyUses([], ids), cancellationToken);
            foreach (var some in used.Chunk(AtOnce))
            {
                await feed.ReportAsync(new KeyUses([.. some.Select(key => Guid.Parse(key.Id))], []), cancellationToken);
            }
        }
        catch (Exception e) when (ChangeFeedPoller.IsFailedAnswer(e))
        {
            Log.Failed(logger, e.GetType().Name);
            Array.ForEach(used, key => key.Use.Set());
            Array.ForEach(issued, credential => credential.Use.Set());
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Interval * (0.75 + (jitter() / 2)), time, stoppingToken);
            await ReportOnceAsync(stoppingToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Debug,
            "Uses of keys could not be reported: {Reason}; they are told with the next report"
        )]
        public static partial void Failed(ILogger logger, string reason);
    }
}
