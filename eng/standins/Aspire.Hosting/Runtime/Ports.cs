using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Runtime;

internal static class Ports
{
    // Below the range that the kernel takes outgoing connections' ports from, so that none is lost between here and the listen.
    private const int First = 18_000;
    private const int AfterLast = 32_000;
    private const int Attempts = 500;

    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Given = [];

    /// <summary>A test's ports are its own; only an endpoint that is not proxied keeps its fixed one.</summary>
    public static int Allocate(EndpointAnnotation endpoint, bool isTest) =>
        endpoint.Port is { } port && (!isTest || !endpoint.IsProxied) ? port : Free();

    private static int Free()
    {
        lock (Gate)
        {
            for (var i = 0; i < Attempts; i++)
            {
                var port = RandomNumberGenerator.GetInt32(First, AfterLast);
                if (!Given.Contains(port) && CanListen(IPAddress.Loopback, port) && CanListen(IPAddress.IPv6Loopback, port))
                {
                    Given.Add(port);
                    return port;
                }
            }
        }

        throw new DistributedApplicationException($"No free port between {First} and {AfterLast}.");
    }

    private static bool CanListen(IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return true;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported;
        }
    }
}
