using System.Text.RegularExpressions;

namespace Partner.Solution.Tests.Tile;

/// <summary>The tile's text, which is published as README.md (datadog-facts 5.2), and the links of both.</summary>
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
        Assert.NotEqual("", Markdown.Sections(TileFile.Readme).GetValueOrDefault(section, ""));

    [Fact]
    public void EveryCharacterCanBeShown() =>
        Assert.Equal([], TileFile.Read(TileFile.Readme).Where(c => c > LastCharacter).Distinct());

    [Fact]
    public void ThereAreNoShortcodes() => Assert.DoesNotMatch(Shortcode(), TileFile.Read(TileFile.Readme));

    [Fact]
    public void SetupAndUninstallationNameWhatIsClicked()
    {
        Assert.Contains("**Connect Accounts**", Markdown.Sections(TileFile.Readme)["Setup"]);
        Assert.Contains("**Uninstall Integration**", Markdown.Sections(TileFile.Readme)["Uninstallation"]);
        Assert.Contains($"/organization-settings/api-keys?filter={TileFile.Title}", TileFile.Read(TileFile.Readme));
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData(TileFile.Readme)]
    public void EveryReferenceIsDefinedAndUsed(string path)
    {
        var prose = Markdown.Prose(path);
        Assert.Equal(
            Definition().Matches(prose).Select(m => m.Groups[1].Value).Order(),
            Reference().Matches(prose).Select(m => m.Groups[1].Value).Distinct().Order()
        );
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData(TileFile.Readme)]
    public void EveryLinkIntoTheRepositoryLeadsSomewhere(string path)
    {
        var prose = Markdown.Prose(path);
        var targets = Definition()
            .Matches(prose)
            .Select(m => m.Groups[2].Value)
            .Concat(Inline().Matches(prose).Select(m => m.Groups[1].Value));
        var folder = Path.GetDirectoryName(path)!;
        Assert.Equal(
            [],
            targets
                .Where(target => !target.Contains(':') && !target.StartsWith('/') && !target.StartsWith('#'))
                .Where(target => !TileFile.Exists(Path.Combine(folder, target.Split('#')[0])))
        );
    }

    [Fact]
    public void EveryScopeIsExplained()
    {
        var explained = ScopeRow()
            .Matches(TileFile.Read(TileFile.Readme))
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
