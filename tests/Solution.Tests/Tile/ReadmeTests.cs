using System.Text.RegularExpressions;

namespace Partner.Solution.Tests.Tile;

/// <summary>README.md as the tile's text (datadog-facts 5.2).</summary>
public partial class ReadmeTests
{
    private const char LastCharacter = '\u0100';

    [Theory]
    [InlineData("Overview")]
    [InlineData("Setup")]
    [InlineData("Data Collected")]
    [InlineData("Uninstallation")]
    [InlineData("Support")]
    [InlineData("Troubleshooting")]
    public void ASectionOfTheTileSaysSomething(string section) =>
        Assert.NotEqual("", Markdown.Sections("README.md").GetValueOrDefault(section, ""));

    [Fact]
    public void EveryCharacterCanBeShown() =>
        Assert.Equal([], TileFile.Read("README.md").Where(c => c > LastCharacter).Distinct());

    [Fact]
    public void ThereAreNoShortcodes() => Assert.DoesNotMatch(Shortcode(), TileFile.Read("README.md"));

    [Fact]
    public void SetupAndUninstallationNameWhatIsClicked()
    {
        Assert.Contains("**Connect Accounts**", Markdown.Sections("README.md")["Setup"]);
        Assert.Contains("**Uninstall Integration**", Markdown.Sections("README.md")["Uninstallation"]);
        Assert.Contains($"/organization-settings/api-keys?filter={TileFile.Title}", TileFile.Read("README.md"));
    }

    [Fact]
    public void EveryReferenceIsDefinedAndUsed()
    {
        var prose = Markdown.Prose("README.md");
        Assert.Equal(
            Definition().Matches(prose).Select(m => m.Groups[1].Value).Order(),
            Reference().Matches(prose).Select(m => m.Groups[1].Value).Distinct().Order()
        );
    }

    [Fact]
    public void EveryLinkIntoTheRepositoryLeadsSomewhere() =>
        Assert.Equal(
            [],
            Definition()
                .Matches(Markdown.Prose("README.md"))
                .Select(m => m.Groups[2].Value)
                .Concat(Inline().Matches(Markdown.Prose("README.md")).Select(m => m.Groups[1].Value))
                .Where(target => !target.Contains(':') && !target.StartsWith('/') && !target.StartsWith('#'))
                .Where(target => !TileFile.Exists(target))
        );

    [Fact]
    public void EveryScopeIsExplained()
    {
        var explained = ScopeRow()
            .Matches(TileFile.Read("README.md"))
            .SelectMany(m => Code().Matches(m.Groups[1].Value))
            .Select(m => m.Groups[1].Value);
        var asked = TileFile.Find(TileFile.Json("assets/oauth_clients.json"), "integration/scopes");
        Assert.Equal(TileFile.Texts(asked).Order(), explained.Order());
    }

    [GeneratedRegex(@"\{\{[<%]")]
    private static partial Regex Shortcode();

    [GeneratedRegex(@"^\[(\d+)\]: (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Definition();

    [GeneratedRegex(@"\]\[(\d+)\]")]
    private static partial Regex Reference();

    [GeneratedRegex(@"\]\(([^)]+)\)")]
    private static partial Regex Inline();

    [GeneratedRegex(@"^\| ((?:`[a-z_]+`(?:, )?)+) \| to ", RegexOptions.Multiline)]
    private static partial Regex ScopeRow();

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex Code();
}
