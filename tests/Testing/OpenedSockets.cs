using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Net;
using System.Net.Sockets;

namespace Partner.Testing;

/// <summary>
/// Every address that this process connects to and every name that it asks DNS for while this listens
/// (https://learn.microsoft.com/dotnet/fundamentals/networking/telemetry/events).
/// </summary>
public sealed class OpenedSockets : EventListener
{
    private readonly ConcurrentQueue<EndPoint> _addresses = [];
    private readonly ConcurrentQueue<string> _names = [];

    public IReadOnlyCollection<EndPoint> Addresses => _addresses;

    public IReadOnlyCollection<string> Names => _names;

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name is "System.Net.Sockets" or "System.Net.NameResolution")
        {
            EnableEvents(eventSource, EventLevel.Informational);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        switch (eventData.EventName)
        {
            case "ConnectStart":
                _addresses.Enqueue(Parse((string)eventData.Payload![0]!));
                break;
            case "ResolutionStart":
                _names.Enqueue((string)eventData.Payload![0]!);
                break;
        }
    }

    // SocketAddress.ToString(): InterNetworkV6:28:{31,144,...}.
    private static EndPoint Parse(string text)
    {
        var parts = text.Split(':', 3);
        var family = Enum.Parse<AddressFamily>(parts[0]);
        var address = new SocketAddress(family, int.Parse(parts[1]));
        var bytes = parts[2].Trim('{', '}').Split(',').Select(byte.Parse).ToArray();
        for (var i = 0; i < bytes.Length; i++)
        {
            address[i + 2] = bytes[i];
        }

        var any = family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any;
        return new IPEndPoint(any, 0).Create(address);
    }
}
