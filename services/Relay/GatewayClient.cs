using System.Net.Security;
using System.Text;
using Microsoft.Extensions.Options;

namespace Partner.Relay;

/// <summary>The connections to the gateway. Nothing of a request decides where they go.</summary>
internal sealed class GatewayClient(IOptions<RelayOptions> options, IOptions<SslClientAuthenticationOptions> tls)
    : IDisposable
{
    public HttpMessageInvoker Invoker { get; } =
        new(
            new SocketsHttpHandler
            {
                UseProxy = options.Value.UseProxy,
                AllowAutoRedirect = false,
                UseCookies = false,
                AutomaticDecompression = System.Net.DecompressionMethods.None,
                // What a client says of its own trace goes on as it is.
                ActivityHeadersPropagator = null,
                ConnectTimeout = TimeSpan.FromSeconds(5),
                // DNS is asked again within this time.
                PooledConnectionLifetime = TimeSpan.FromMinutes(2),
                // Below what load balancers allow (60 s is usual), which would end a connection in the moment of its use.
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
                EnableMultipleHttp2Connections = true,
                // HTTP/2 would go on putting requests onto a connection of which nobody has told that it is dead.
                KeepAlivePingDelay = TimeSpan.FromSeconds(15),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
                RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
                ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
                SslOptions = tls.Value,
            }
        );

    public void Dispose() => Invoker.Dispose();
}
