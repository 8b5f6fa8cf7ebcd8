using StackExchange.Redis;

namespace Partner.Testing;

/// <summary>A real Redis; <see cref="SharedAsync"/> is one per test process.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private static readonly Lazy<Task<RedisServer>> Shared = new(StartAsync);

    private LocalProcess? _process;

    private RedisServer(int port) => Port = port;

    public int Port { get; }

    public string ConnectionString => $"127.0.0.1:{Port}";

    public static Task<RedisServer> SharedAsync() => Shared.Value;

    internal static async ValueTask EndSharedAsync()
    {
        if (Shared is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await Shared.Value).DisposeAsync();
        }
    }

    public static async Task<RedisServer> StartAsync()
    {
        var server = new RedisServer(LocalProcess.FreePort());
        await server.RestartAsync();
        return server;
    }

    public void Kill() => _process!.Kill();

    /// <summary>After <see cref="Kill"/>: starts again, empty.</summary>
    public async Task RestartAsync()
    {
        _process?.Dispose();
        _process = LocalProcess.Start(
            LocalProcess.Find("redis-server", "/usr/bin"),
            "--port",
            $"{Port}",
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no"
        );
        await _process.WaitForPortAsync(Port);
    }

    /// <summary>Everything in it may be lost at any moment.</summary>
    public async Task FlushAsync()
    {
        using var connection = await ConnectionMultiplexer.ConnectAsync($"{ConnectionString},allowAdmin=true");
        await connection.GetServer(ConnectionString).FlushAllDatabasesAsync();
    }

    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        return ValueTask.CompletedTask;
    }
}
