using System.Net;
using System.Net.Sockets;

namespace Partner.Testing;

/// <summary>A way to a server on this machine that can be cut, and mended: for what needs it, the server is away.</summary>
internal sealed class Outage : IAsyncDisposable
{
    private readonly int _target;
    private readonly Lock _lock = new();
    private readonly List<TcpClient> _open = [];
    private TcpListener _listener;
    private Task _accepting;

    public Outage(int target)
    {
        _target = target;
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(_listener);
    }

    public int Port { get; }

    public async Task BeginAsync()
    {
        _listener.Stop();
        await _accepting;
        lock (_lock)
        {
            _open.ForEach(client => client.Dispose());
            _open.Clear();
        }
    }

    public void End()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync(_listener);
    }

    public async ValueTask DisposeAsync()
    {
        await BeginAsync();
        _listener.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync();
                var server = new TcpClient();
                lock (_lock)
                {
                    _open.AddRange([client, server]);
                }

                _ = JoinAsync(client, server);
            }
        }
        catch (SocketException)
        {
            // It was stopped.
        }
    }

    private async Task JoinAsync(TcpClient client, TcpClient server)
    {
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _target);
            await Task.WhenAny(
                client.GetStream().CopyToAsync(server.GetStream()),
                server.GetStream().CopyToAsync(client.GetStream())
            );
        }
        catch (Exception exception)
            when (exception is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut, or closed by either.
        }

        client.Dispose();
        server.Dispose();
    }
}
