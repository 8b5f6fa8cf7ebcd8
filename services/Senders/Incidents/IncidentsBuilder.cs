using Microsoft.Extensions.Options;
using Partner.DatadogClient;
using Partner.Egress;
using Partner.Sending;

namespace Partner.Incidents;

internal static class IncidentsBuilder
{
    public static void AddIncidents(this IHostApplicationBuilder builder)
    {
        builder.AddSendingBase();
        var services = builder.Services;
        services
            .AddValidatedOptions<IncidentsOptions>(IncidentsOptions.SectionName)
            .Validate(
                options => options.Budget < options.Lease,
                $"{IncidentsOptions.SectionName}:Lease must be longer than Budget."
            );
        services.AddSingleton<IncidentsMetrics>();
        services.AddSingleton<IntentStore>();
        services.AddSingleton<OpenIntentStore>();
        services.AddSingleton<IncidentDeliveriesStore>();
        services.AddSingleton<MarkerSearch>();
        services.AddSingleton<IncidentOperation>();
        // The guard first: nothing is looked for in a database that is not safe.
        services.AddSingleton<DatabaseGuard>();
        services.AddHostedService(provider => provider.GetRequiredService<DatabaseGuard>());
        services.AddSingleton<OpenIntentPoller>();
        services.AddHostedService(provider => provider.GetRequiredService<OpenIntentPoller>());
        services.AddSingleton<GrantedCalls>();
        services
            .AddDatadogClient<DatadogCalls>()
            .ConfigureHttpClient(
                (provider, http) =>
                    http.Timeout = provider.GetRequiredService<IOptions<IncidentsOptions>>().Value.Timeout
            );
    }
}
