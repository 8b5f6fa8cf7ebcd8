using System.Xml.Linq;

namespace Partner.Solution.Tests;

/// <summary>A project file, read as text: what it asks for, whatever the feed makes of it.</summary>
internal sealed record ProjectFile(string Path, IReadOnlyList<string> Projects, IReadOnlyList<string> Packages)
{
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public string Folder => System.IO.Path.GetDirectoryName(Path)!.Replace('\\', '/');

    public bool IsTest => Path.StartsWith("tests/", StringComparison.Ordinal);

    public static ProjectFile Read(string root, string path)
    {
        var xml = XDocument.Load(System.IO.Path.Combine(root, path));
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.Combine(root, path))!;
        return new ProjectFile(
            path,
            [
                .. Includes(xml, "ProjectReference")
                    .Select(p =>
                        System.IO.Path.GetRelativePath(
                            root,
                            System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, p.Replace('\\', '/')))
                        )
                    ),
            ],
            [.. Includes(xml, "PackageReference")]
        );
    }

    public override string ToString() => Path;

    private static IEnumerable<string> Includes(XDocument xml, string element) =>
        xml.Descendants(element).Select(e => e.Attribute("Include")?.Value).OfType<string>();
}

internal static class Checkout
{
    private static readonly string[] Rooms = ["AppHost", "ServiceDefaults", "services", "tests"];

    public static string Root { get; } = Find();

    public static IReadOnlyList<ProjectFile> Projects { get; } =
    [
        .. Rooms
            .SelectMany(room =>
                Directory.EnumerateFiles(Path.Combine(Root, room), "*.csproj", SearchOption.AllDirectories)
            )
            .Select(path => ProjectFile.Read(Root, Path.GetRelativePath(Root, path)))
            .OrderBy(p => p.Path, StringComparer.Ordinal),
    ];

    public static IReadOnlyList<ProjectFile> Product { get; } = [.. Projects.Where(p => !p.IsTest)];

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Directory.Packages.props")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The tests run outside their repository.");
    }
}
