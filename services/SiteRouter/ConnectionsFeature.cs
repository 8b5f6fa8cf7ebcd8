using Partner.DatadogClient;

namespace Partner.SiteRouter;

internal static class ConnectionsFeature
{
    /// <summary>The connections: auth's answers, remembered.</summary>
    public static IHostApplicationBuilder AddConnections(this IHostApplicationBuilder builder)
    {
        builder.Services.AddValidatedOptions<SiteRouterOptions>(SiteRouterOptions.SectionName);
        // Auth may have to refresh a token first, and asks Datadog for that.
        builder.Services.AddServiceClient<ConnectionClient>("auth", TimeSpan.FromSeconds(20));
        builder.Services.AddSingleton<ConnectionCache>();
        return builder;
    }
}
