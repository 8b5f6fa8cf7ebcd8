using System.Text.RegularExpressions;
using Partner.Testing;

namespace Partner.Relay.Tests;

/// <summary>The page and the example against the code.</summary>
public sealed partial class RelayPageTests
{
    private static readonly string[] Settings = [.. typeof(RelayOptions).GetProperties().Select(p => p.Name).Order()];

    [Fact]
    public void ThePageHasEverySetting() =>
        Assert.Equal(Settings, Row().Matches(Read("README.md")).Select(m => m.Groups[1].Value).Order());

    [Theory]
    [InlineData("README.md", 10)]
    [InlineData("sidecar.yaml", 3)]
    public void ASettingThatIsNamedExists(string file, int least)
    {
        var named = Name().Matches(Read(file)).Select(m => m.Groups[1].Value).ToHashSet();
        Assert.InRange(named.Count, least, int.MaxValue);
        Assert.Equal([], named.Except(Settings));
    }

    private static string Read(string file) => File.ReadAllText(Repository.PathOf("services/Relay", file));

    [GeneratedRegex(@"^\| `Relay:(\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"Relay(?:__|:)(\w+)")]
    private static partial Regex Name();
}
