using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Partner.ServiceDefaults;

/// <summary>How a service stops.</summary>
public sealed class ShutdownOptions
{
    public const string SectionName = "Shutdown";

    /// <summary>
    /// How long a service that is told to stop still takes requests. Zero where nothing has to be told of its end. In
    /// Kubernetes a Service sends to a pod for some seconds after its SIGTERM.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00", ErrorMessage = "Shutdown:Drain is from nothing to an hour.")]
    public TimeSpan Drain { get; init; }
}

/// <summary>
/// Between SIGTERM and the end of listening: <c>/health</c> is 503, each answer ends its connection, so that callers
/// open their next one to another replica, and the background work goes on.
/// </summary>
internal sealed class Drain(IOptions<ShutdownOptions> options, IHostApplicationLifetime lifetime, TimeProvider time)
    : IHostedLifecycleService,
        IHealthCheck
{
    // The framework's own: what is under way after the drain has as long.
    private static readonly TimeSpan AfterDrain = TimeSpan.FromSeconds(30);

    private bool IsStopping => lifetime.ApplicationStopping.IsCancellationRequested;

    public static void Add(IServiceCollection services)
    {
        services.AddValidatedOptions<ShutdownOptions>(ShutdownOptions.SectionName);
        services
            .AddOptions<HostOptions>()
            .Configure<IOptions<ShutdownOptions>>(
                (host, shutdown) => host.ShutdownTimeout = shutdown.Value.Drain + AfterDrain
            );
        services.AddSingleton<Drain>();
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.AddHealthChecks().AddCheck<Drain>("stopping");
    }

    public static void Use(WebApplication app)
    {
        var drain = app.Services.GetRequiredService<Drain>();
        app.Use(
            (context, next) =>
            {
                if (drain.IsStopping)
                {
                    context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
                }

                return next(context);
            }
        );
    }

    // Before any hosted service is stopped, the listener's among them.
    public Task StoppingAsync(CancellationToken cancellationToken) =>
        options.Value.Drain > TimeSpan.Zero
            ? Task.Delay(options.Value.Drain, time, cancellationToken)
            : Task.CompletedTask;

    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) => Task.FromResult(IsStopping ? HealthCheckResult.Unhealthy("It is stopping.") : HealthCheckResult.Healthy());

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
