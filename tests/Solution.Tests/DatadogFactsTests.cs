using System.Text.RegularExpressions;

namespace Partner.Solution.Tests;

/// <summary>Who cites a fact about Datadog by its number finds it in docs/datadog.md.</summary>
public partial class DatadogFactsTests
{
    private const string Page = "docs/datadog.md";

    private static readonly string[] Endings = [".cs", ".http", ".json", ".md", ".sql"];

    private static readonly IReadOnlyList<string> Headings =
    [
        .. Heading()
            .Matches(File.ReadAllText(Path.Combine(Checkout.Root, Page)))
            .Select(match => Name(match.Groups[1].Success ? "limits" : "datadog-facts", match.Groups[2].Value)),
    ];

    private static readonly IReadOnlyList<(string File, string Fact)> Citations =
    [
        .. from path in Files()
        from match in Citation().Matches(File.ReadAllText(Path.Combine(Checkout.Root, path)))
        from number in match.Groups[2].Captures.Concat(match.Groups[3].Captures)
        select (path, Name(match.Groups[1].Value, number.Value)),
    ];

    [Fact]
    public void EveryCitationHasItsHeading() =>
        Assert.Equal(
            [],
            Citations
                .Where(citation => !Headings.Contains(citation.Fact))
                .Select(citation => $"{citation.File} cites {citation.Fact}, which {Page} has no heading for")
                .Distinct()
        );

    [Fact]
    public void CitationsAreFound() =>
        Assert.InRange(Citations.Select(citation => citation.Fact).Distinct().Count(), 30, 1_000);

    [Fact]
    public void AHeadingStandsOnce() => Assert.Equal(Headings.Distinct(), Headings);

    private static IEnumerable<string> Files() =>
        Directory
            .EnumerateDirectories(Checkout.Root)
            .Where(folder => Path.GetFileName(folder) is not ("artifacts" or ".git"))
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(Checkout.Root))
            .Where(path => Endings.Contains(Path.GetExtension(path)))
            .Select(path => Path.GetRelativePath(Checkout.Root, path).Replace('\\', '/'))
            .Where(path => path != Page);

    // A lettered part is cited with a space before its letter, or without.
    private static string Name(string work, string number) => $"{work} {number.Replace(" ", "")}";

    // A number, and those that go on after it: "2.3, 2.6", "5.2 to 5.4".
    [GeneratedRegex(
        @"(datadog-facts|limits) (\d+(?:\.\d+)?(?: ?[a-z]\b)?)" + @"(?:(?:, | and | to |-)(\d+\.\d+(?: ?[a-z]\b)?))*"
    )]
    private static partial Regex Citation();

    [GeneratedRegex(@"^#{2,4} (Limits )?(\d+(?:\.\d+)?(?: [a-z]\b)?)", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
