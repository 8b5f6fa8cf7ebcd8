using Partner.Egress;

namespace Partner.Auth.Webhooks;

internal static class WebhookServices
{
    public static IHostApplicationBuilder AddWebhooks(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddPublicClient<WebhookClient>(WebhookClient.Timeout);
        services.AddSingleton<WebhookStore>().AddSingleton<DeliveryStore>().AddSingleton<DeliveryHistory>();
        services.AddSingleton<WebhookSecrets>();
        services.AddTransient<Dispatcher>().AddHostedService<Dispatcher>();
        return builder;
    }
}
