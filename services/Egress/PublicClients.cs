using Microsoft.Extensions.DependencyInjection;

namespace Partner.Egress;

/// <summary>Typed clients for endpoints whose URLs a partner gives, such as webhooks.</summary>
public static class PublicClients
{
    private const int MaxBufferedResponse = 64 * 1024;

    /// <summary>
    /// A typed client that calls what <see cref="PublicUrls"/> allows: anything else throws
    /// <see cref="EgressRefusedException"/>, a name that resolves to other addresses too. No redirects or cookies, no
    /// proxy but <c>Egress:Proxy</c>. Needs <see cref="EgressBuilder.AddEgress"/>.
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
internal sealed class PublicTransport(PublicUrls urls, CheckedDial dial, EgressProxy proxy, EgressDenials refusals)
    : IDisposable
{
    private readonly SocketsHttpHandler _sockets = NewSockets(urls, dial, proxy);

    public HttpMessageHandler NewHandler() => new Guard(urls, proxy, refusals) { InnerHandler = _sockets };

    public void Dispose() => _sockets.Dispose();

    private static SocketsHttpHandler NewSockets(PublicUrls urls, CheckedDial dial, EgressProxy proxy)
    {
        var sockets = GuardedClients.NewSockets(
            (context, cancellationToken) =>
                proxy.IsAt(context.DnsEndPoint)
                    ? dial.ConnectAsync(context.DnsEndPoint, proxy.Allows, EgressDenial.Address, cancellationToken)
                    : dial.ConnectAsync(context.DnsEndPoint, urls.Allows, EgressDenial.Endpoint, cancellationToken)
        );
        sockets.MaxConnectionsPerServer = 32;
        sockets.UseProxy = proxy.IsConfigured;
        sockets.Proxy = proxy.IsConfigured ? proxy : null;
        return sockets;
    }

    private sealed class Guard(PublicUrls urls, EgressProxy proxy, EgressDenials refusals) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        ) =>
            request.RequestUri is { } url
            && urls.Refuses(url) is null
            && await proxy.MayReachAsync(url, urls.Allows, cancellationToken)
                ? await base.SendAsync(request, cancellationToken)
                : throw refusals.Because(
                    EgressDenial.Endpoint,
                    request.RequestUri is { IsAbsoluteUri: true } uri ? uri.IdnHost : "(none)"
                );

        // DNS is asked without blocking; no caller needs the other way.
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
