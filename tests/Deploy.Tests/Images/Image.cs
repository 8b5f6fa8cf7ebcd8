using System.Text.Json;
using Partner.Testing;

namespace Partner.Deploy.Tests.Images;

/// <summary>An image as the project that it is made of describes it.</summary>
internal sealed record Image(
    string Project,
    string Repository,
    string Base,
    string User,
    bool ReadyToRun,
    bool SelfContained,
    IReadOnlyList<string> Ports,
    IReadOnlyList<string> Environment,
    IReadOnlyList<string> Labels
)
{
    public const string Prefix = "datadog-aspire/";

    /// <summary>Of every project that the AppHost starts, and of the relay, as MSBuild evaluates them for a platform; nothing is built.</summary>
    /// <param name="settings">As <c>-p:Name=Value</c>.</param>
    public static async Task<IReadOnlyList<Image>> ListAsync(params string[] settings)
    {
        var output = await Command.RunAsync(
            "dotnet",
            [
                "msbuild",
                Testing.Repository.PathOf("AppHost"),
                "-nologo",
                "-t:ListImages",
                "-getTargetResult:ListImages",
                "-p:RuntimeIdentifier=linux-x64",
                "-p:ImageRevision=0123abc",
                "-p:ImageCreated=2026-01-02T03:04:05Z",
                .. settings,
            ],
            [],
            // Whose global.json says which SDK.
            Testing.Repository.Root
        );
        using var answer = JsonDocument.Parse(output);
        var result = answer.RootElement.GetProperty("TargetResults").GetProperty("ListImages");
        Assert.Equal("Success", result.GetProperty("Result").GetString());
        return [.. result.GetProperty("Items").EnumerateArray().Select(Read)];
    }

    private static Image Read(JsonElement item)
    {
        string Text(string name) => item.GetProperty(name).GetString()!;
        string[] List(string name, char separator) =>
            Text(name).Split(separator, StringSplitOptions.RemoveEmptyEntries);
        return new Image(
            Path.GetRelativePath(Testing.Repository.Root, Text("Identity")),
            Text("Repository"),
            Text("Base"),
            Text("User"),
            Text("ReadyToRun") == "true",
            Text("SelfContained") == "true",
            List("Ports", ';'),
            List("Environment", '|'),
            List("Labels", '|')
        );
    }
}
