using Partner.ServiceDefaults;

namespace Partner.SiteRouter;

internal static class ConnectionsFeature
{
    /// <summary>What is known of connections: auth's answers, remembered.</summary>
    public static IHostApplicationBuilder AddConnections(this IHostApplicationBuilder builder)
    {
        builder
            .Services.AddOptions<SiteRouterOptions>()
            .BindConfiguration(SiteRouterOptions.SectionName)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        builder.Services.AddServiceClient<AuthClient>("auth", AuthClient.Timeout);
        // A client per question: one that is kept would keep its handler, and with it DNS' first answer.
        builder.Services.AddSingleton<FindConnection>(services =>
            (connection, cancellationToken) =>
                services.GetRequiredService<AuthClient>().FindAsync(connection, cancellationToken)
        );
        builder.Services.AddSingleton<ConnectionCache>();
        return builder;
    }
}
