using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Partner.Gateway.Keys;

internal static class KeyTableFeature
{
    public static void AddKeyTable(this WebApplicationBuilder builder)
    {
        builder.Services.AddValidatedOptions<KeyTableOptions>(KeyTableOptions.SectionName);
        builder.Services.AddSingleton<KeyTable>();
        builder.Services.AddServiceClient<AuthFeedClient>("auth", AuthFeedClient.Timeout);
        builder.Services.AddSingleton<IngestKeyPoller>();
        builder.Services.AddHostedService(services => services.GetRequiredService<IngestKeyPoller>());
        builder.Services.AddSingleton<KeyUseReporter>();
        builder.Services.AddHostedService(services => services.GetRequiredService<KeyUseReporter>());
        builder.Services.AddHealthChecks().AddCheck<LoadedCheck>("key-table");
    }

    // Not ready before the first load. Later a gateway whose table is not kept current stays ready: its 503 says more
    // to a client than a refused connection (faults F7).
    private sealed class LoadedCheck(KeyTable table) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(
            HealthCheckContext context,
            CancellationToken cancellationToken
        ) =>
            Task.FromResult(
                !table.IsLoaded ? HealthCheckResult.Unhealthy("The ingest keys are not loaded yet.")
                : !table.CanAnswer ? HealthCheckResult.Degraded("The ingest keys are too old to serve.")
                : HealthCheckResult.Healthy()
            );
    }
}
