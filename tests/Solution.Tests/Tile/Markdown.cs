using System.Text.RegularExpressions;

namespace Partner.Solution.Tests.Tile;

internal static partial class Markdown
{
    /// <summary>The sections under a file's second-level headings, without its code blocks.</summary>
    public static IReadOnlyDictionary<string, string> Sections(string path) =>
        Heading().Split(Prose(path)).Skip(1).Chunk(2).ToDictionary(c => c[0].Trim(), c => c[1].Trim());

    public static string Prose(string path) => CodeBlock().Replace(TileFile.Read(path), "");

    [GeneratedRegex(@"^## (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^```.*?^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
