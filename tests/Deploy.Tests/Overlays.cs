using Partner.Deploy.Tests.Tools;
using Partner.Testing;

namespace Partner.Deploy.Tests;

/// <summary>The overlays as kubectl renders them, each once in a run.</summary>
internal static class Overlays
{
    private static readonly Lazy<Task<Manifest>> LazyProduction = new(() => RenderAsync("overlays/production"));
    private static readonly Lazy<Task<Manifest>> LazyDev = new(RenderDevAsync);
    private static readonly Lazy<Task<Manifest>> LazyEverything = new(RenderEverythingAsync);

    public static Task<Manifest> ProductionAsync() => LazyProduction.Value;

    /// <summary>With Secrets that make-secrets.sh has made.</summary>
    public static Task<Manifest> DevAsync() => LazyDev.Value;

    /// <summary>Production with every component.</summary>
    public static Task<Manifest> EverythingAsync() => LazyEverything.Value;

    public static string Kubernetes => Repository.PathOf("deploy", "kubernetes");

    /// <summary>A copy of the manifests: what a test adds stays out of the checkout.</summary>
    public static string Copy()
    {
        var copy = Directory.CreateTempSubdirectory("partner-deploy-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(copy, recursive: true);
        foreach (var file in Directory.EnumerateFiles(Kubernetes, "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(Kubernetes, file);
            if (!relative.StartsWith("overlays/dev/secrets", StringComparison.Ordinal))
            {
                var target = Path.Combine(copy, relative);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }
        }

        return copy;
    }

    private static async Task<Manifest> RenderAsync(string overlay) =>
        Manifest.Parse(await Checks.KustomizeAsync(Path.Combine(Kubernetes, overlay)));

    private static async Task<Manifest> RenderDevAsync()
    {
        var dev = Path.Combine(Copy(), "overlays/dev");
        await Command.RunAsync(
            "bash",
            Path.Combine(Kubernetes, "make-secrets.sh"),
            "--development",
            Path.Combine(dev, "secrets")
        );
        return Manifest.Parse(await Checks.KustomizeAsync(dev));
    }

    private static async Task<Manifest> RenderEverythingAsync()
    {
        var copy = Copy();
        var overlay = Path.Combine(copy, "overlays/everything");
        Directory.CreateDirectory(overlay);
        var components = Directory
            .EnumerateDirectories(Path.Combine(copy, "components"))
            .Select(folder => $"  - ../../components/{Path.GetFileName(folder)}\n");
        await File.WriteAllTextAsync(
            Path.Combine(overlay, "kustomization.yaml"),
            $"""
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            namespace: datadog-aspire
            resources:
              - ../production
            components:
            {string.Concat(components)}
            """
        );
        return Manifest.Parse(await Checks.KustomizeAsync(overlay));
    }
}
