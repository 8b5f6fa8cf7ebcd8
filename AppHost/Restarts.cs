using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Partner.AppHost;

/// <summary>
/// Starts again what has ended by a crash or a kill, and a service whatever its exit code, as a cluster would. Off unless
/// asked for: in development a service that ends should stay down and be seen.
/// </summary>
internal static class Restarts
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public static DistributedApplication Restarting(this DistributedApplication app, IConfiguration configuration)
    {
        if (configuration.GetValue("RestartEnded", false))
        {
            _ = WatchAsync(app);
        }

        return app;
    }

    private static async Task WatchAsync(DistributedApplication app)
    {
        var services = app.Services.GetRequiredService<DistributedApplicationModel>().Services();
        var stopping = app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await foreach (var change in app.ResourceNotifications.WatchAsync(stopping))
        {
            // The Migrator's orderly end has the exit code 0.
            if (
                change.Snapshot is { ExitCode: { } code, State.Text: { } state }
                && (code != 0 || services.Contains(change.Resource))
                && KnownResourceStates.TerminalStates.Contains(state)
            )
            {
                _ = StartAsync(app, change.ResourceId);
            }
        }
    }

    // The resource that it waits for may be down as well, and then a start fails.
    private static async Task StartAsync(DistributedApplication app, string resource)
    {
        try
        {
            while (
                await app.ResourceCommands.ExecuteCommandAsync(resource, KnownResourceCommands.StartCommand)
                    is { Success: false }
            )
            {
                await Task.Delay(Pause);
            }
        }
        catch (OperationCanceledException)
        {
            // The application is stopping.
        }
    }
}
