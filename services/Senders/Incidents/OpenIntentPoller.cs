using Microsoft.Extensions.Options;
using Partner.Sending;

namespace Partner.Incidents;

/// <summary>
/// Calls whose answer was lost and whose caller never came again: each is looked for by its marker once all has
/// settled, by one process at a time. This only looks; it never asks Datadog to make anything.
/// </summary>
internal sealed partial class OpenIntentPoller(
    OpenIntentStore intents,
    MarkerSearch search,
    DatabaseGuard database,
    IncidentsMetrics metrics,
    TimeProvider time,
    IOptions<IncidentsOptions> options,
    ILogger<OpenIntentPoller> logger
) : BackgroundService
{
    /// <summary>At once; they begin together, so that none outlives its lease waiting for another.</summary>
    private const int MaxLooks = 8;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(options.Value.LookEvery, time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                while (database.IsOpen && await PollOnceAsync(stoppingToken) == MaxLooks) { }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, exception.GetType().Name);
            }
            catch (OperationCanceledException)
            {
                // Stopping.
            }
        }
    }

    /// <returns>How many were due.</returns>
    internal async Task<int> PollOnceAsync(CancellationToken cancellationToken)
    {
        var looks = await intents.ClaimAsync(MaxLooks, options.Value, cancellationToken);
        await Task.WhenAll(looks.Select(look => SearchAsync(look, cancellationToken)));
        return looks.Count;
    }

    private async Task SearchAsync(OpenIntent look, CancellationToken cancellationToken)
    {
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(options.Value.Budget);
        var finding = await search.FindAsync(look.Connection, look.Operation, look.Path, look.Marker, budget.Token);
        metrics.Looked(look.Operation, finding);
        switch (finding)
        {
            case Finding.Found { Answer: var answer }:
                await intents.FoundAsync(look, answer);
                Log.Found(logger, look.Operation.Name, look.Connection, look.Marker);
                break;
            case Finding.Absent:
                await intents.AbsentAsync(look);
                Log.Absent(logger, look.Operation.Name, look.Connection, look.Marker);
                break;
            default:
                await intents.LeaveAsync(look, finding is Finding.Forbidden);
                break;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Information,
            "'{Operation}' of {Connection} was done though its answer was lost: {Marker} was found"
        )]
        public static partial void Found(ILogger logger, string operation, ConnectionId connection, string marker);

        [LoggerMessage(
            LogLevel.Warning,
            "'{Operation}' of {Connection} was not done: {Marker} was not found. It can be sent again"
        )]
        public static partial void Absent(ILogger logger, string operation, ConnectionId connection, string marker);

        [LoggerMessage(LogLevel.Warning, "Looking for lost answers failed ({Exception}); it goes on")]
        public static partial void Failed(ILogger logger, string exception);
    }
}
