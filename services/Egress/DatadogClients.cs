using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Partner.Egress;

/// <summary>Typed clients for Datadog.</summary>
public static class DatadogClients
{
    private const int MaxBufferedResponse = 16 * 1024 * 1024;
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(20);

    /// <summary>
    /// A typed client that talks to hosts of the registry only, over verified TLS: anything else throws
    /// <see cref="EgressRefusedException"/> before a connection is made. Redirects are answers like others; cookies
    /// and the environment's proxies are not used. Needs <see cref="EgressBuilder.AddEgress"/>.
    /// </summary>
    public static IHttpClientBuilder AddDatadogClient<TClient>(
        this IServiceCollection services,
        TimeSpan? timeout = null
    )
        where TClient : class =>
        services
            .AddHttpClient<TClient>(client =>
            {
                client.Timeout = timeout ?? DefaultTimeout;
                client.MaxResponseContentBufferSize = MaxBufferedResponse;
            })
            .Guard();

    /// <summary>A service that asks for an unregistered client is given a guarded one, too.</summary>
    internal static void GuardUnnamedClients(this IServiceCollection services) =>
        services.AddHttpClient(Options.DefaultName).Guard();

    private static IHttpClientBuilder Guard(this IHttpClientBuilder client) =>
        client.GuardBy(provider => provider.GetRequiredService<DatadogTransport>().NewHandler());
}
