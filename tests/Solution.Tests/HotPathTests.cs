using System.Text.RegularExpressions;

namespace Partner.Solution.Tests;

/// <summary>What every item goes through is read where it stands: no tree is made of a body.</summary>
public partial class HotPathTests
{
    // Incidents asks Datadog at once and reads its answers; what people ask for is not what items go through.
    private static readonly string[] Files =
    [
        .. Directory
            .EnumerateFiles(Path.Combine(Checkout.Root, "services/Senders"), "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Checkout.Root, path))
            .Where(path =>
                !path.StartsWith("services/Senders/Incidents/", StringComparison.Ordinal)
                && !path.EndsWith("Api.cs", StringComparison.Ordinal)
            )
            .Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void NoSenderMakesATreeOfWhatItTakes()
    {
        Assert.InRange(Files.Length, 50, 1_000);
        Assert.Equal([], Files.Where(path => Tree().IsMatch(File.ReadAllText(Path.Combine(Checkout.Root, path)))));
    }

    [GeneratedRegex(@"\b(JsonDocument|JsonElement|JsonNode|JsonObject|JsonArray|JsonValue|JObject|JToken|XDocument)\b")]
    private static partial Regex Tree();
}
