using Partner.Testing;

namespace Partner.Deploy.Tests.Secrets;

/// <summary>What make-secrets.sh makes, once in a run.</summary>
internal static class MadeSecrets
{
    private static readonly Lazy<Task<string>> LazyFolder = new(MakeAsync);

    /// <summary>The Secrets' files: <c>{secret}.env</c>.</summary>
    public static Task<string> FolderAsync() => LazyFolder.Value;

    /// <summary><c>secret/key</c> of all.</summary>
    public static async Task<IReadOnlySet<string>> KeysAsync() => (await ValuesAsync()).Keys.ToHashSet();

    /// <summary>By <c>secret/key</c>.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> ValuesAsync() =>
        Directory
            .EnumerateFiles(await FolderAsync(), "*.env")
            .SelectMany(file =>
                File.ReadLines(file).Select(line => (Secret: Path.GetFileNameWithoutExtension(file), Line: line))
            )
            .ToDictionary(
                s => $"{s.Secret}/{s.Line[..s.Line.IndexOf('=', StringComparison.Ordinal)]}",
                s => s.Line[(s.Line.IndexOf('=', StringComparison.Ordinal) + 1)..]
            );

    public static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) =>
        Command.TryAsync("bash", [Path.Combine(Overlays.Kubernetes, "make-secrets.sh"), .. arguments]);

    public static string NewFolder()
    {
        var parent = Directory.CreateTempSubdirectory("partner-secrets-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(parent, recursive: true);
        return Path.Combine(parent, "secrets");
    }

    private static async Task<string> MakeAsync()
    {
        var folder = NewFolder();
        var (exit, _, error) = await RunAsync("--development", folder);
        return exit == 0 ? folder : throw new InvalidOperationException(error);
    }
}
