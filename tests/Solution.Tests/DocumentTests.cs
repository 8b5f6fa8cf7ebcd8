using System.Text.RegularExpressions;

namespace Partner.Solution.Tests;

/// <summary>What the documents name is there.</summary>
public partial class DocumentTests
{
    [Fact]
    public void EveryLinkToAFileOfOursResolves() =>
        Assert.Equal(
            [],
            from document in Documents()
            from Match link in Link().Matches(File.ReadAllText(document))
            let target = link.Groups[1].Value.Split('#')[0]
            where target.Length > 0 && !target.Contains(':')
            let path = Path.Combine(Path.GetDirectoryName(document)!, target)
            where !File.Exists(path) && !Directory.Exists(path)
            select $"{Path.GetRelativePath(Checkout.Root, document)} -> {target}"
        );

    [Theory]
    [InlineData("CONTRIBUTING.md")]
    [InlineData("docs/architecture.md")]
    [InlineData("docs/glossary.md")]
    public void EveryTypeAndMemberThatIsNamedIsInTheCode(string document)
    {
        var named = Code()
            .Matches(File.ReadAllText(Path.Combine(Checkout.Root, document)))
            .SelectMany(m => Names().Matches(m.Groups[1].Value).Select(n => n.Value))
            .ToHashSet();
        Assert.True(named.Count > 20, document);
        Assert.Equal([], named.Except(Identifiers.Value).Order(StringComparer.Ordinal));
    }

    // Of the code, and of what it is configured and built with.
    private static readonly Lazy<HashSet<string>> Identifiers = new(() =>
        [
            .. Files("*.cs", "*.csproj", "*.props", "*.json", "*.sql", "*.txt")
                .SelectMany(path =>
                    Names().Matches(Path.GetFileName(path) + '\n' + File.ReadAllText(path)).Select(m => m.Value)
                ),
        ]
    );

    private static IEnumerable<string> Documents() => Files("*.md");

    private static IEnumerable<string> Files(params string[] patterns) =>
        patterns
            .SelectMany(p => Directory.EnumerateFiles(Checkout.Root, p, SearchOption.AllDirectories))
            .Where(p =>
                !Path.GetRelativePath(Checkout.Root, p)
                    .Split('/')
                    .Any(f => f is "artifacts" or "obj" or "bin" or ".git")
            );

    [GeneratedRegex(@"\[[^\]]*\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Code();

    /// <summary>Two humps at least, so that no word of a sentence is one.</summary>
    [GeneratedRegex(@"(?<![A-Za-z_/-])[A-Z][a-z]+(?:[A-Z][A-Za-z0-9]*)+")]
    private static partial Regex Names();
}
