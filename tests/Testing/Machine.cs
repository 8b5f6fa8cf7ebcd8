using Xunit;

namespace Partner.Testing;

/// <summary>
/// Who has this machine while tests run: most test processes share it, and those of the whole system want it alone, since
/// they start two dozen processes of their own. Held by a lock on a file, which a killed process gives back too.
/// </summary>
public static class Machine
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until nobody has it alone.</summary>
    public static Task<IDisposable> ShareAsync() => TakeAsync(FileAccess.Read, FileShare.ReadWrite);

    /// <summary>Waits until nobody else has it.</summary>
    public static Task<IDisposable> TakeAloneAsync() => TakeAsync(FileAccess.ReadWrite, FileShare.None);

    private static async Task<IDisposable> TakeAsync(FileAccess access, FileShare share)
    {
        var path = Repository.PathOf("artifacts", "tests.lock");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, access, share);
            }
            catch (IOException)
            {
                await Task.Delay(Pause);
            }
        }
    }
}

/// <summary>Of every test assembly but the whole system's (Directory.Build.targets).</summary>
public sealed class SharedMachine : IAsyncLifetime
{
    private IDisposable? _share;

    public async ValueTask InitializeAsync() => _share = await Machine.ShareAsync();

    public ValueTask DisposeAsync()
    {
        _share?.Dispose();
        return ValueTask.CompletedTask;
    }
}
