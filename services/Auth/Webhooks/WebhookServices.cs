using Partner.Egress;

namespace Partner.Auth.Webhooks;

internal static class WebhookServices
{
    public static IHostApplicationBuilder AddWebhooks(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddPublicClient<WebhookClient>(WebhookClient.Timeout);
        services
            .AddSingleton<WebhookStore>()
            .AddSingleton<WebhookDeliveryStore>()
            .AddSingleton<WebhookDeliveryHistory>();
        services.AddSingleton<WebhookSecrets>();
        services.AddTransient<WebhookDispatcher>().AddHostedService<WebhookDispatcher>();
        return builder;
    }
}
