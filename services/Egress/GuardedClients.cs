using System.Diagnostics;
using System.Security.Authentication;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace Partner.Egress;

/// <summary>What all outbound clients have in common, regardless of what their guard lets through.</summary>
internal static class GuardedClients
{
    /// <param name="guard">The innermost handler: nothing can be put between it and the socket.</param>
    public static IHttpClientBuilder GuardBy(
        this IHttpClientBuilder client,
        Func<IServiceProvider, HttpMessageHandler> guard
    ) =>
        client
            // Service discovery and all other defaults of clients are for our own services.
            .ConfigureAdditionalHttpMessageHandlers((handlers, _) => handlers.Clear())
            .ConfigurePrimaryHttpMessageHandler(guard)
            // The transport renews its connections itself.
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            // The factory's loggers write URLs and headers; the spans of System.Net.Http say enough.
            .RemoveAllLoggers();

    /// <summary>A pool of connections over verified TLS, to stand behind a guard.</summary>
    public static SocketsHttpHandler NewSockets(
        Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect
    ) =>
        new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectCallback = connect,
            // A client's header that passes is bytes; SiteRouter reads a character for each.
            RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            // DNS is asked again within this time.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            // Our trace ids and baggage stay inside.
            ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
            SslOptions = { EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 },
        };
}
