using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Partner.Egress.Tests;

/// <summary>An egress proxy on loopback: whatever name it is asked to connect to, it connects to one port here.</summary>
internal sealed class ConnectProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;
    private readonly int _target;

    public ConnectProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>First line of each request.</summary>
    public ConcurrentQueue<string> Lines { get; } = [];

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var tunnels = new List<Task>();
        try
        {
            while (true)
            {
                tunnels.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (Exception closed) when (closed is OperationCanceledException or SocketException) { }

        await Task.WhenAll(tunnels);
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            using (var target = new TcpClient())
            {
                var inner = client.GetStream();
                var head = await ReadHeadAsync(inner);
                Lines.Enqueue(head.Split("\r\n")[0]);
                await target.ConnectAsync(IPAddress.Loopback, _target, _end.Token);
                await inner.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), _end.Token);
                await Task.WhenAny(
                    inner.CopyToAsync(target.GetStream(), _end.Token),
                    target.GetStream().CopyToAsync(inner, _end.Token)
                );
            }
        }
        catch (Exception closed) when (closed is IOException or OperationCanceledException or SocketException) { }
    }

    private async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (
            !head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)
            && await stream.ReadAsync(one, _end.Token) > 0
        )
        {
            head.Append((char)one[0]);
        }

        return head.ToString();
    }
}
