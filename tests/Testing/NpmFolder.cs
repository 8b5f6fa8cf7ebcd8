namespace Partner.Testing;

/// <summary>
/// Packages of npm as a folder's lock file has them. Installed once for each lock file, beside the build's output.
/// </summary>
public sealed class NpmFolder(string source, string name)
{
    private static readonly string[] Files = ["package.json", "package-lock.json", ".npmrc"];

    private readonly string _source = Repository.PathOf(source);
    private readonly SemaphoreSlim _turn = new(1);

    public string Path { get; } = Repository.PathOf($"artifacts/{name}");

    public async Task InstallAsync()
    {
        await _turn.WaitAsync();
        try
        {
            var stamp = System.IO.Path.Combine(Path, "installed-lock.json");
            var locked = await File.ReadAllTextAsync(System.IO.Path.Combine(_source, "package-lock.json"));
            if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp) == locked)
            {
                return;
            }

            Directory.CreateDirectory(Path);
            foreach (var file in Files)
            {
                File.Copy(System.IO.Path.Combine(_source, file), System.IO.Path.Combine(Path, file), overwrite: true);
            }

            // Debian's npm; ./dev setup tests installs it.
            await Command.RunAsync(LocalProcess.Find("npm"), "ci", "--prefix", Path);
            await File.WriteAllTextAsync(stamp, locked);
        }
        finally
        {
            _turn.Release();
        }
    }
}
