namespace Partner.Deploy.Tests.Images;

/// <summary>What every image has to be.</summary>
internal static class ImageRules
{
    // No process of its own port: it runs to its end.
    private const string Migrator = "migrator";

    private static readonly string[] OfTests = ["demo-partner", "sandbox"];

    /// <summary>What is no resource of the AppHost, since it runs beside the services of others: a name and its project.</summary>
    public static readonly IReadOnlyDictionary<string, string> Beside = new Dictionary<string, string>
    {
        [Relay] = "services/Relay/Relay.csproj",
    };

    private const string Relay = "relay";

    /// <param name="resources">The AppHost's resources, each with its project.</param>
    /// <returns>A sentence for each fault.</returns>
    public static IReadOnlyList<string> Check(
        IReadOnlyList<Image> images,
        IReadOnlyDictionary<string, string> resources
    ) => [.. Names(images, resources.Concat(Beside).ToDictionary()), .. images.SelectMany(Check)];

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
            yield return $"{image.Repository}: the AppHost has no such resource, and nothing beside it.";
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

        var program = name[Image.Prefix.Length..];
        if (OfTests.Contains(program))
        {
            yield break;
        }

        var (ports, environment) = Settings(program);
        if (!image.Ports.SequenceEqual(ports))
        {
            yield return $"{name}: its ports are [{string.Join(", ", image.Ports)}].";
        }

        if (!image.Environment.SequenceEqual(environment))
        {
            yield return $"{name}: its environment is [{string.Join(", ", image.Environment)}].";
        }
    }

    private static (string[] Ports, string[] Environment) Settings(string program) =>
        program switch
        {
            Migrator => ([], []),
            // The agent's port, and one for its health that is no agent's.
            Relay => (["8126", "8127"], ["ASPNETCORE_HTTP_PORTS=", "Relay__Address=0.0.0.0", "Relay__HealthPort=8127"]),
            _ => (["8080", "8081"], ["ASPNETCORE_HTTP_PORTS=8080;8081", "Management__Port=8081"]),
        };
}
