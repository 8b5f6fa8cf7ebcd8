using Partner.Egress;
using Partner.Sending.Upstream;
using Partner.ServiceDefaults;

namespace Partner.Incidents;

internal static class IncidentsBuilder
{
    public static void AddIncidents(this IHostApplicationBuilder builder)
    {
        builder.AddEgress();
        // Pods stay ready while the database is down, so that the answer 503 arrives (F7).
        builder.AddNpgsqlDataSource("database", settings => settings.DisableHealthChecks = true);
        var services = builder.Services;
        services.AddOptions<IncidentsOptions>()
            .BindConfiguration(IncidentsOptions.SectionName)
            .ValidateDataAnnotations()
            .Validate(options => options.Budget < options.Lease, $"{IncidentsOptions.SectionName}:Lease must be longer than Budget.")
            .ValidateOnStart();
        services.AddSingleton<IncidentsMetrics>();
        services.AddSingleton<IntentStore>();
        services.AddSingleton<DeliveriesStore>();
        services.AddSingleton<DatadogCalls>();
        services.AddSingleton<MarkerSearch>();
        services.AddSingleton<Undertaking>();
        services.AddServiceClient<AuthClient>("auth");
        services.AddServiceClient<TokenClient>("auth");
        services.AddDatadogClient<DatadogClient>(
            builder.Configuration.GetSection(IncidentsOptions.SectionName).GetValue<TimeSpan?>(nameof(IncidentsOptions.Timeout))
            ?? new IncidentsOptions().Timeout);
    }
}
