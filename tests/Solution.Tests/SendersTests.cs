using System.Text.Json;
using System.Text.RegularExpressions;

namespace Partner.Solution.Tests;

/// <summary>A new sender is told to every place that would not miss it by itself.</summary>
public partial class SendersTests
{
    // {0} is the project, {1} the service, {2} the data type.
    [Theory]
    [InlineData("services/Auth/Connections/Capabilities.cs", "new(\"{2}\", true")]
    [InlineData("tests/Demo/Types/DataType.cs", "new(\"{2}\", \"{1}\"")]
    [InlineData("tests/AppHost.Tests/Canary/Planted.cs", "\"{1}\",")]
    [InlineData("services/Senders/Sending/README.md", "](../{0}/README.md#what-comes-of-a-request)")]
    [InlineData("docs/architecture.md", "`{1}`")]
    [InlineData("CONTRIBUTING.md", "{0}")]
    public void EverySenderIsTold(string path, string pattern)
    {
        var text = File.ReadAllText(Path.Combine(Checkout.Root, path));
        var senders = Senders();
        Assert.NotEmpty(senders);
        Assert.Equal(
            [],
            senders.Select(s => string.Format(null, pattern, s)).Where(expected => !text.Contains(expected))
        );
    }

    private static List<object[]> Senders()
    {
        var host = File.ReadAllText(Path.Combine(Checkout.Root, "AppHost/AppHost.cs"));
        var services = Service().Matches(host).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
        return
        [
            .. Directory
                .EnumerateDirectories(Path.Combine(Checkout.Root, "services/Senders"))
                .Select(folder => Path.GetFileName(folder))
                .Where(name => name != "Sending")
                .Select(name => (object[])[name, services[name], JsonNamingPolicy.SnakeCaseLower.ConvertName(name)]),
        ];
    }

    [GeneratedRegex(@"S(?:ender|ervice)<Projects\.(\w+)>\(""([\w-]+)""")]
    private static partial Regex Service();
}
