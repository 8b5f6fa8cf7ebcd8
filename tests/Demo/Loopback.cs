using System.Net;
using System.Net.Sockets;

namespace Partner.Demo;

internal static class Loopback
{
    /// <summary>
    /// Dials this machine for every name, as a browser does for <c>*.localhost</c> (RFC 6761 6.3): the system's
    /// resolver may not know those names.
    /// </summary>
    /// <param name="from">One of this machine's addresses: 127.0.0.0/8 has enough for a crowd of people.</param>
    public static SocketsHttpHandler Handler(IPAddress? from = null) =>
        new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    if (from is not null)
                    {
                        socket.Bind(new IPEndPoint(from, 0));
                    }

                    await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
}
