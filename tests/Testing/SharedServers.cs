namespace Partner.Testing;

/// <summary>
/// Of every test assembly (Directory.Build.targets): ends the servers that its tests share before the runner returns. Left
/// to the process's exit it takes longer than xunit waits, who then takes it for threads that nobody ended.
/// </summary>
public sealed class SharedServers : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await PostgresServer.EndSharedAsync();
        await RedisServer.EndSharedAsync();
    }
}
