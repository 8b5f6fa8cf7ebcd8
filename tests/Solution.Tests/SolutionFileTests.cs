using System.Text.RegularExpressions;

namespace Partner.Solution.Tests;

public partial class SolutionFileTests
{
    private const string FolderType = "{2150E333-8FDC-42A3-9474-1A3956D46DE8}";

    private static readonly string Text = File.ReadAllText(Path.Combine(Checkout.Root, "Datadog.Aspire.sln"));

    [Fact]
    public void EveryProjectIsInTheSolution() =>
        Assert.Equal(
            Checkout.Projects.Select(p => p.Path),
            Entries().Where(e => e.Type != FolderType).Select(e => e.Path).Order(StringComparer.Ordinal)
        );

    [Fact]
    public void SolutionFoldersMirrorTheDisk()
    {
        var entries = Entries().ToDictionary(e => e.Id);
        var parents = Nested().Matches(Text).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
        foreach (var project in entries.Values.Where(e => e.Type != FolderType))
        {
            var folders = new Stack<string>();
            for (var id = project.Id; parents.TryGetValue(id, out var parent); id = parent)
            {
                folders.Push(entries[parent].Name);
            }

            var onDisk = Path.GetDirectoryName(Path.GetDirectoryName(project.Path))!.Replace('\\', '/');
            Assert.Equal(onDisk, string.Join('/', folders));
        }
    }

    [Theory]
    [InlineData("AppHost/AppHost.cs", 99)]
    [InlineData("services/*/Program.cs", 40)]
    [InlineData("services/Senders/*/Program.cs", 40)]
    public void FilesThatAreReadFirstStayShort(string pattern, int lines)
    {
        var folder = Path.GetDirectoryName(pattern.Replace("/*", ""))!;
        var paths = pattern.Contains('*')
            ? Directory
                .EnumerateDirectories(Path.Combine(Checkout.Root, folder))
                .Select(d => Path.Combine(d, "Program.cs"))
                .Where(File.Exists)
            : [Path.Combine(Checkout.Root, pattern)];
        var lengths = paths
            .Select(p => (Path.GetRelativePath(Checkout.Root, p), Lines: File.ReadAllLines(p).Length))
            .ToList();
        Assert.NotEmpty(lengths);
        Assert.All(lengths, length => Assert.InRange(length.Lines, 1, lines));
    }

    private static IEnumerable<(string Type, string Name, string Path, string Id)> Entries() =>
        Entry()
            .Matches(Text)
            .Select(m =>
                (m.Groups[1].Value, m.Groups[2].Value, m.Groups[3].Value.Replace('\\', '/'), m.Groups[4].Value)
            );

    [GeneratedRegex("Project\\(\"([^\"]+)\"\\) = \"([^\"]+)\", \"([^\"]+)\", \"([^\"]+)\"")]
    private static partial Regex Entry();

    [GeneratedRegex("^\\s+(\\{[0-9A-F-]+\\}) = (\\{[0-9A-F-]+\\})\\s*$", RegexOptions.Multiline)]
    private static partial Regex Nested();
}
