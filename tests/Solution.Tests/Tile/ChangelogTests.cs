using System.Globalization;
using System.Text.RegularExpressions;

namespace Partner.Solution.Tests.Tile;

/// <summary>CHANGELOG.md (datadog-facts 5.2).</summary>
public partial class ChangelogTests
{
    private static readonly string Text = TileFile.Read("CHANGELOG.md");

    [Fact]
    public void TheWholeFileHasTheForm()
    {
        Assert.StartsWith($"# CHANGELOG - {TileFile.Title}\n", Text);
        Assert.Matches(Form(), Text);
    }

    [Fact]
    public void TheNewestVersionStandsFirst()
    {
        var versions = Releases().Select(r => r.Version).ToList();
        Assert.NotEmpty(versions);
        Assert.Equal(versions.Distinct().OrderDescending(), versions);
    }

    [Fact]
    public void DatesAreRealAndDescend()
    {
        var dates = Releases()
            .Select(r => DateOnly.ParseExact(r.Date, "yyyy-MM-dd", CultureInfo.InvariantCulture))
            .ToList();
        Assert.Equal(dates.OrderDescending(), dates);
    }

    private static IEnumerable<(Version Version, string Date)> Releases() =>
        Release().Matches(Text).Select(m => (Version.Parse(m.Groups[1].Value), m.Groups[2].Value));

    [GeneratedRegex(@"^## (\d+\.\d+\.\d+) / (\d{4}-\d{2}-\d{2})$", RegexOptions.Multiline)]
    private static partial Regex Release();

    [GeneratedRegex(
        @"\A# CHANGELOG - [^\n]+\n"
            + @"(\n## \d+\.\d+\.\d+ / \d{4}-\d{2}-\d{2}\n"
            + @"(\n\*\*\*(Added|Fixed|Changed|Removed|Deprecated)\*\*\*:\n\n(\* [^\n]+\n)+)+)+\z"
    )]
    private static partial Regex Form();
}
