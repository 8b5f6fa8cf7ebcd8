using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Partner.Testing;

namespace Partner.Deploy.Tests.Images;

/// <summary>What the projects say about their images; nothing is built.</summary>
public sealed class ImageTests
{
    private static readonly Lazy<Task<IReadOnlyList<Image>>> Evaluated = new(() => Image.ListAsync());

    [Fact]
    public async Task EveryImageIsAResourceOfTheAppHostOrTheRelayAndRunsWithoutRights() =>
        Assert.Empty(ImageRules.Check(await Evaluated.Value, await ResourcesAsync()));

    [Fact]
    public async Task ASettingThatMakesThemRunAsRootIsSeen()
    {
        var images = await Image.ListAsync("-p:ContainerUser=0", "-p:ContainerFamily=noble");
        var faults = ImageRules.Check(images, await ResourcesAsync());
        Assert.Contains(
            faults,
            fault => fault.StartsWith("datadog-aspire/gateway: it runs as '0'", StringComparison.Ordinal)
        );
        Assert.Contains(
            faults,
            fault => fault.StartsWith("datadog-aspire/gateway: its base is", StringComparison.Ordinal)
        );
        Assert.Equal(2 * images.Count, faults.Count);
    }

    public static TheoryData<string, string> Planted =>
        new()
        {
            {
                "renamed",
                "vault: the image of services/CredentialVault/CredentialVault.csproj is called datadog-aspire/safe."
            },
            { "forgotten", "vault: services/CredentialVault/CredentialVault.csproj makes no image." },
            { "stray", "datadog-aspire/vault: the AppHost has no such resource, and nothing beside it." },
            { "interpreted", "datadog-aspire/vault: it has to be ReadyToRun, on the runtime of its base." },
            {
                "named user",
                "datadog-aspire/vault: it runs as 'app', and not under the number of a user without rights."
            },
            { "no health", "datadog-aspire/vault: its ports are [8080]." },
            { "no setting", "datadog-aspire/vault: its environment is []." },
            { "no relay", "relay: services/Relay/Relay.csproj makes no image." },
            { "relay for itself alone", "datadog-aspire/relay: its environment is [Relay__HealthPort=8127]." },
            { "relay as a service", "datadog-aspire/relay: its ports are [8080, 8081]." },
            { "unlabelled", "datadog-aspire/vault: the label revision=0123abc is missing." },
        };

    [Theory]
    [MemberData(nameof(Planted))]
    public async Task APlantedDefectIsSeen(string defect, string fault)
    {
        var (images, resources) = (await Evaluated.Value, await ResourcesAsync());
        IReadOnlyList<Image> With(Func<Image, Image?> change, string name = "vault") =>
            [.. images.Select(i => i.Repository == Image.Prefix + name ? change(i) : i).OfType<Image>()];
        IReadOnlyList<Image> WithRelay(Func<Image, Image?> change) => With(change, "relay");
        var faults = defect switch
        {
            "renamed" => ImageRules.Check(With(i => i with { Repository = "datadog-aspire/safe" }), resources),
            "forgotten" => ImageRules.Check(With(_ => null), resources),
            "stray" => ImageRules.Check(images, resources.Where(r => r.Key != "vault").ToDictionary()),
            "interpreted" => ImageRules.Check(With(i => i with { ReadyToRun = false }), resources),
            "named user" => ImageRules.Check(With(i => i with { User = "app" }), resources),
            "no health" => ImageRules.Check(With(i => i with { Ports = ["8080"] }), resources),
            "no setting" => ImageRules.Check(With(i => i with { Environment = [] }), resources),
            "no relay" => ImageRules.Check(WithRelay(_ => null), resources),
            "relay for itself alone" => ImageRules.Check(
                WithRelay(i => i with { Environment = ["Relay__HealthPort=8127"] }),
                resources
            ),
            "relay as a service" => ImageRules.Check(WithRelay(i => i with { Ports = ["8080", "8081"] }), resources),
            _ => ImageRules.Check(With(i => i with { Labels = [.. i.Labels.Where(IsNoRevision)] }), resources),
        };
        Assert.Contains(fault, faults);
    }

    private static bool IsNoRevision(string label) => !label.Contains("revision", StringComparison.Ordinal);

    /// <summary>Each resource that is a project of ours, with its file; of a local run, which has the sandbox and a partner.</summary>
    private static async Task<Dictionary<string, string>> ResourcesAsync()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>([
            "--Containers=true",
        ]);
        var resources = builder
            .Resources.OfType<ProjectResource>()
            .ToDictionary(r => r.Name, r => Path.GetRelativePath(Repository.Root, r.GetProjectMetadata().ProjectPath));
        Assert.Equal(13, resources.Count);
        return resources;
    }
}
