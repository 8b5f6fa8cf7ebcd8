using System.Collections.Concurrent;
using System.Globalization;

namespace Aspire.Hosting.Runtime;

/// <summary>
/// What the resources write: in <c>artifacts/logs/&lt;run&gt;/&lt;resource&gt;.log</c>, and on the console of a run that is no test.
/// </summary>
internal sealed class ResourceLogs(bool echo, TimeProvider time) : IDisposable
{
    private const int KeptRuns = 20;

    private static int _runs;

    private readonly ConcurrentDictionary<string, StreamWriter> _files = new();
    private readonly Lazy<string> _directory = new(() => CreateDirectory(time));

    public string PathOf(string resource) => Path.Combine(_directory.Value, $"{resource}.log");

    public void Write(string resource, string line)
    {
        if (echo)
        {
            Console.WriteLine($"[{resource}] {line}");
        }

        var file = _files.GetOrAdd(resource, name => new StreamWriter(PathOf(name)) { AutoFlush = true });
        lock (file)
        {
            if (file.BaseStream is { CanWrite: true })
            {
                file.WriteLine(line);
            }
        }
    }

    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            lock (file)
            {
                file.Dispose();
            }
        }
    }

    private static string CreateDirectory(TimeProvider time)
    {
        // The AppHost runs from <artifacts>/bin/<project>/<configuration>.
        var output = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var root = output.Parent?.Parent is { Name: "bin", Parent: { } artifacts }
            ? Path.Combine(artifacts.FullName, "logs")
            : Path.Combine(Path.GetTempPath(), "apphost-logs");
        var run = string.Create(CultureInfo.InvariantCulture,
            $"{time.GetUtcNow():yyyyMMdd-HHmmss}-{Environment.ProcessId}-{Interlocked.Increment(ref _runs)}");
        var directory = Directory.CreateDirectory(Path.Combine(root, run)).FullName;
        foreach (var old in Directory.GetDirectories(root).Order(StringComparer.Ordinal).SkipLast(KeptRuns))
        {
            TryDelete(old);
        }

        return directory;
    }

    private static void TryDelete(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (IOException)
        {
            // Another run is deleting it too.
        }
    }
}
