using Microsoft.Extensions.DependencyInjection;

namespace Partner.Egress;

/// <summary>Typed clients for endpoints whose URLs a partner gives, such as webhooks.</summary>
public static class PublicClients
{
    private const int MaxBufferedResponse = 64 * 1024;

    /// <summary>
    /// A typed client that calls what <see cref="PublicUrls"/> allows: anything else throws
    /// <see cref="EgressRefusedException"/>, a name that resolves to other addresses too. No redirects, cookies or
    /// proxies. Needs <see cref="EgressBuilder.AddEgress"/>.
    /// </summary>
    public static IHttpClientBuilder AddPublicClient<TClient>(this IServiceCollection services, TimeSpan timeout)
        where TClient : class =>
        services
            .AddHttpClient<TClient>(client =>
            {
                client.Timeout = timeout;
                client.MaxResponseContentBufferSize = MaxBufferedResponse;
            })
            .GuardBy(provider => provider.GetRequiredService<PublicTransport>().NewHandler());
}

/// <summary>The pool of connections to partners' endpoints, apart from Datadog's.</summary>
internal sealed class PublicTransport(PublicUrls urls, CheckedDial dial, Refusals refusals) : IDisposable
{
    private readonly SocketsHttpHandler _sockets = NewSockets(urls, dial);

    public HttpMessageHandler NewHandler() => new Guard(urls, refusals) { InnerHandler = _sockets };

    public void Dispose() => _sockets.Dispose();

    private static SocketsHttpHandler NewSockets(PublicUrls urls, CheckedDial dial)
    {
        var sockets = GuardedClients.NewSockets((context, cancellationToken) =>
            dial.ConnectAsync(context.DnsEndPoint, urls.Allows, Refusal.Endpoint, cancellationToken));
        sockets.MaxConnectionsPerServer = 32;
        return sockets;
    }

    private sealed class Guard(PublicUrls urls, Refusals refusals) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) =>
            request.RequestUri is { } url && urls.Refuses(url) is null
                ? base.SendAsync(request, cancellationToken)
                : throw refusals.Because(Refusal.Endpoint, request.RequestUri is { IsAbsoluteUri: true } uri
                    ? uri.IdnHost
                    : "(none)");
    }
}
