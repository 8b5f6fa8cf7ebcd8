using System.Text.Json.Nodes;
using Partner.Testing;

namespace Partner.AppHost.Tests.Model;

/// <summary>What the AppHost publishes, as <c>--publisher manifest</c> writes it.</summary>
public class PublishedTests
{
    private static readonly Lazy<Task<JsonObject>> Manifest = new(PublishAsync);

    /// <summary>A change of it is a change of what is deployed: it should be seen.</summary>
    [Fact]
    public async Task TheManifestIsTheRecordedOne()
    {
        var recorded = JsonNode.Parse(
            await File.ReadAllTextAsync(Repository.PathOf("tests/AppHost.Tests/Model/manifest.json"))
        );
        Assert.True(
            JsonNode.DeepEquals(recorded, await Manifest.Value),
            $"The manifest has changed. If that is meant, copy {Fresh} to tests/AppHost.Tests/Model/manifest.json."
        );
    }

    [Fact]
    [Trait("security", "33")]
    public async Task OnlyTheGatewaysDoorsAreExternal()
    {
        var external =
            from resource in Resources(await Manifest.Value)
            from binding in resource.Value!["bindings"]?.AsObject() ?? []
            where binding.Value!["external"]?.GetValue<bool>() == true
            select $"{resource.Key} {binding.Key}";
        Assert.Equal(["gateway grpc", "gateway http"], external.Order());
    }

    /// <summary>Aspire sets it on every project, and then X-Forwarded-For is believed from anybody.</summary>
    [Fact]
    public async Task NoServiceIsToldToBelieveForwardedHeaders()
    {
        var variables =
            from resource in Resources(await Manifest.Value)
            from variable in resource.Value!["env"]?.AsObject() ?? []
            select variable.Key;
        Assert.Contains("ServiceTokens__Name", variables);
        Assert.DoesNotContain("ASPNETCORE_FORWARDEDHEADERS_ENABLED", variables);
    }

    [Fact]
    public async Task StoresAreContainersAndNothingOfTheSandboxIsThere()
    {
        var resources = Resources(await Manifest.Value)
            .ToDictionary(r => r.Key, r => r.Value!["type"]!.GetValue<string>());
        Assert.Equal(
            ["cache", "postgres"],
            resources.Where(r => r.Value.StartsWith("container", StringComparison.Ordinal)).Select(r => r.Key).Order()
        );
        Assert.DoesNotContain(resources.Keys, name => name is "sandbox" or "demo-partner");
        Assert.DoesNotContain(resources.Values, type => type.StartsWith("executable", StringComparison.Ordinal));
    }

    private static string Fresh => Repository.PathOf("artifacts/published/manifest.json");

    private static JsonObject Resources(JsonObject manifest) => manifest["resources"]!.AsObject();

    private static async Task<JsonObject> PublishAsync()
    {
        var configuration = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)).Name;
        Directory.CreateDirectory(Path.GetDirectoryName(Fresh)!);
        await Command.RunAsync(
            "dotnet",
            "exec",
            Repository.PathOf("artifacts", "bin", "AppHost", configuration, "AppHost.dll"),
            "--operation",
            "publish",
            "--publisher",
            "manifest",
            "--output-path",
            Fresh
        );
        return JsonNode.Parse(await File.ReadAllTextAsync(Fresh))!.AsObject();
    }
}
