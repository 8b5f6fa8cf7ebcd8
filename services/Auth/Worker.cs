using Partner.Auth.Connect;
using Partner.Auth.Connections;
using Partner.Auth.Tokens;
using Partner.Contracts;

namespace Partner.Auth;

/// <summary>Does what is due: refreshes, set-ups that lost their process, clean-ups after a disconnect.</summary>
internal sealed partial class Worker(IServiceProvider services, TimeProvider time, Func<double> chance,
    ILogger<Worker> logger) : BackgroundService
{
    private const int AtOnce = 8;
    private const int Batch = 64;

    /// <summary>Nobody else takes a connection that was taken, for this long.</summary>
    private static readonly TimeSpan PutOff = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>One round; how many connections it saw to.</summary>
    internal async Task<int> RunOneIterationAsync(CancellationToken cancellationToken)
    {
        var due = await services.GetRequiredService<ConnectionStore>().ClaimDueAsync(Batch, PutOff, cancellationToken);
        await Parallel.ForEachAsync(
            due,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (connection, _) => await StepSafelyAsync(connection));
        return due.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var seen = 0;
            try
            {
                seen = await RunOneIterationAsync(stoppingToken);
                await services.GetRequiredService<ConnectSweep>().RunAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, exception.GetType().Name);
            }

            if (seen < Batch)
            {
                await Task.Delay(Pause * (0.5 + chance()), time,
                    stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
            await services.GetRequiredService<Disconnection>().CleanUpAsync(connection, CancellationToken.None);
        }
        else if (connection.SetupDue)
        {
            if (await services.GetRequiredService<AccessTokens>().GetAsync(connection.Id, CancellationToken.None)
                is AccessTokens.Answer.Token { Live: var token })
            {
                await services.GetRequiredService<ConnectionSetup>().RunAsync(connection.Id, token, Auditor.Self,
                    CancellationToken.None);
            }
        }
        else
        {
            await services.GetRequiredService<Flights>().RefreshAsync(connection.Id, connection.Generation,
                CancellationToken.None);
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
