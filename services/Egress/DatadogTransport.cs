using System.Diagnostics;
using System.Net;
using System.Security.Authentication;
using Microsoft.Extensions.Options;

namespace Partner.Egress;

/// <summary>The one pool of connections to Datadog; every client has a guard of its own in front of it.</summary>
internal sealed class DatadogTransport(
    IOptions<EgressOptions> options, SiteRegistry sites, GuardedConnector connector, Refusals refusals) : IDisposable
{
    private readonly SocketsHttpHandler _sockets = new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = options.Value.Proxy is not null,
        Proxy = options.Value.Proxy is { } proxy ? new WebProxy(proxy) : null,
        ConnectCallback = connector.ConnectAsync,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        // DNS is asked again within this time.
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        // Our trace ids and baggage stay inside.
        ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
        SslOptions =
        {
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            // Null, hence the system's own validation, but for the sandbox hop.
            RemoteCertificateValidationCallback = connector.Sandbox is { } sandbox ? sandbox.IsTrusted : null,
        },
    };

    public HttpMessageHandler NewHandler() => new Guard(sites, refusals) { InnerHandler = _sockets };

    public void Dispose() => _sockets.Dispose();

    private sealed class Guard(SiteRegistry sites, Refusals refusals) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
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
            if (RequestRules.Against(request, sites) is { } reason)
            {
                var host = request.RequestUri is { IsAbsoluteUri: true } uri ? uri.IdnHost : "(none)";
                throw refusals.Because(reason, host);
            }
        }
    }
}
