namespace Partner.Deploy.Tests.Images;

/// <summary>What every image has to be.</summary>
internal static class ImageRules
{
    // No process of its own port: it runs to its end.
    private const string Migrator = "migrator";

    private static readonly string[] OfTests = ["demo-partner", "sandbox"];

    /// <param name="resources">The AppHost's resources, each with its project.</param>
    /// <returns>A sentence for each fault.</returns>
    public static IReadOnlyList<string> Check(
        IReadOnlyList<Image> images,
        IReadOnlyDictionary<string, string> resources
    ) => [.. Names(images, resources), .. images.SelectMany(Check)];

    private static IEnumerable<string> Names(IReadOnlyList<Image> images, IReadOnlyDictionary<string, string> resources)
    {
        foreach (var (name, project) in resources)
        {
            var image = images.SingleOrDefault(i => i.Project == project);
            if (image is null)
            {
                yield return $"{name}: {project} makes no image.";
            }
            else if (image.Repository != Image.Prefix + name)
            {
                yield return $"{name}: the image of {project} is called {image.Repository}.";
            }
        }

        foreach (var image in images.Where(i => !resources.Values.Contains(i.Project)))
        {
            yield return $"{image.Repository}: the AppHost has no such resource.";
        }
    }

    private static IEnumerable<string> Check(Image image)
    {
        var name = image.Repository;
        if (
            !image.Base.StartsWith("mcr.microsoft.com/dotnet/aspnet:10.0-", StringComparison.Ordinal)
            || !image.Base.EndsWith("-chiseled", StringComparison.Ordinal)
        )
        {
            yield return $"{name}: its base is {image.Base}, and not a chiselled one of ASP.NET Core 10.";
        }

        // Kubernetes' runAsNonRoot refuses a name.
        if (!int.TryParse(image.User, out var user) || user == 0)
        {
            yield return $"{name}: it runs as '{image.User}', and not under the number of a user without rights.";
        }

        if (!image.ReadyToRun || image.SelfContained)
        {
            yield return $"{name}: it has to be ReadyToRun, on the runtime of its base.";
        }

        foreach (var label in new[] { "revision=0123abc", "created=2026-01-02T03:04:05Z", $"title={name}", "version=" })
        {
            if (!image.Labels.Any(l => l.StartsWith($"org.opencontainers.image.{label}", StringComparison.Ordinal)))
            {
                yield return $"{name}: the label {label} is missing.";
            }
        }

        var resource = name[Image.Prefix.Length..];
        if (!OfTests.Contains(resource))
        {
            string[] ports = resource == Migrator ? [] : ["8080", "8081"];
            if (!image.Ports.SequenceEqual(ports))
            {
                yield return $"{name}: its ports are [{string.Join(", ", image.Ports)}].";
            }

            string[] environment =
                resource == Migrator ? [] : ["ASPNETCORE_HTTP_PORTS=8080;8081", "Management__Port=8081"];
            if (!image.Environment.SequenceEqual(environment))
            {
                yield return $"{name}: its environment is [{string.Join(", ", image.Environment)}].";
            }
        }
    }
}
