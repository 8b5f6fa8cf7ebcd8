using System.Net;
using Microsoft.Extensions.Options;

namespace Partner.Egress;

/// <summary>The one pool of connections to Datadog; every client has a guard of its own in front of it.</summary>
internal sealed class DatadogTransport(
    IOptions<EgressOptions> options,
    SiteRegistry sites,
    GuardedConnector connector,
    EgressDenials refusals
) : IDisposable
{
    private readonly SocketsHttpHandler _sockets = NewSockets(options.Value.Proxy, connector);

    public HttpMessageHandler NewHandler() => new Guard(sites, refusals) { InnerHandler = _sockets };

    public void Dispose() => _sockets.Dispose();

    private static SocketsHttpHandler NewSockets(Uri? proxy, GuardedConnector connector)
    {
        var sockets = GuardedClients.NewSockets(connector.ConnectAsync);
        sockets.UseProxy = proxy is not null;
        sockets.Proxy = proxy is null ? null : new WebProxy(proxy);
        // Null, hence the system's own validation, but for the sandbox hop.
        sockets.SslOptions.RemoteCertificateValidationCallback = connector.Sandbox is { } sandbox
            ? sandbox.IsTrusted
            : null;
        return sockets;
    }

    private sealed class Guard(SiteRegistry sites, EgressDenials refusals) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            Check(request);
            return base.SendAsync(request, cancellationToken);
        }

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Check(request);
            return base.Send(request, cancellationToken);
        }

        private void Check(HttpRequestMessage request)
        {
            if (OutboundRequestRules.Against(request, sites) is { } reason)
            {
                var host = request.RequestUri is { IsAbsoluteUri: true } uri ? uri.IdnHost : "(none)";
                throw refusals.Because(reason, host);
            }
        }
    }
}
