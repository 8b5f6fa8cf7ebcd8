using Partner.Auth.Connect;
using Partner.Auth.Connections;
using Partner.Auth.Tokens;

namespace Partner.Auth;

/// <summary>
/// Does the work that is due: refreshes, daily checks of idle connections, set-ups that lost their process, clean-ups
/// after a disconnect.
/// </summary>
internal sealed partial class Worker(
    ConnectionStore connections,
    ConnectSweep sweep,
    Disconnection disconnection,
    AccessTokens tokens,
    ConnectionSetup setup,
    RefreshFlights refreshes,
    ConnectionCheckup checkup,
    DatabaseClock time,
    Func<double> jitter,
    ILogger<Worker> logger
) : BackgroundService
{
    /// <summary>Of each site in one round, all at once: a round lasts no longer than one request that hangs.</summary>
    internal const int PerSite = 16;

    /// <summary>A backlog after an outage is worked off at this pace, not as fast as this process can (faults F9).</summary>
    private const int PerSecond = 50;

    /// <summary>No other worker takes a connection that was taken, for this long.</summary>
    private static readonly TimeSpan PutOff = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>One round; how many connections it saw to.</summary>
    internal async Task<int> RunOneIterationAsync(CancellationToken cancellationToken)
    {
        var due = await connections.ClaimDueAsync(PerSite, PutOff, cancellationToken);
        await Parallel.ForEachAsync(
            due,
            new ParallelOptions { MaxDegreeOfParallelism = -1, CancellationToken = cancellationToken },
            async (connection, _) => await StepSafelyAsync(connection)
        );
        return due.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var (seen, since) = (0, time.GetTimestamp());
            try
            {
                seen = await RunOneIterationAsync(stoppingToken);
                await sweep.RunAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, exception.GetType().Name);
            }

            var pause =
                seen < PerSite
                    ? Pause * (0.5 + jitter())
                    : TimeSpan.FromSeconds((double)seen / PerSecond) - time.GetElapsedTime(since);
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // One connection's failure is its own; it comes up again when it was put off to.
    private async Task StepSafelyAsync(Connection connection)
    {
        try
        {
            await StepAsync(connection);
        }
        catch (Exception exception)
        {
            Log.StepFailed(logger, connection.Id, exception.GetType().Name);
        }
    }

    private async Task StepAsync(Connection connection)
    {
        if (connection.State == ConnectionState.Disconnected)
        {
            await disconnection.CleanUpAsync(connection, CancellationToken.None);
        }
        else if (connection.SetupDue)
        {
            if (
                await tokens.GetAsync(connection.Id, CancellationToken.None) is AccessTokens.Answer.Token
                {
                    Live: var token
                }
            )
            {
                await setup.RunAsync(connection.Id, token, Auditor.Self, CancellationToken.None);
            }
        }
        else if (connection.LastUsedAt > time.GetUtcNow() - RefreshSchedule.InUseFor)
        {
            await refreshes.RefreshAsync(connection, CancellationToken.None);
        }
        else
        {
            // A sender finds out about the key of a connection that it uses; no sender does about that of an idle one.
            await checkup.RunAsync(connection.Id, CancellationToken.None);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A round of due work failed: {Exception}")]
        public static partial void Failed(ILogger logger, string exception);

        [LoggerMessage(LogLevel.Warning, "The due step of {Connection} failed: {Exception}; it comes up again")]
        public static partial void StepFailed(ILogger logger, ConnectionId connection, string exception);
    }
}
