using System.Text.RegularExpressions;
using Partner.Testing;

namespace Partner.Gateway.Tests;

/// <summary>services/Gateway/PROBLEMS.md has every type that the code can answer with.</summary>
public sealed partial class ProblemTypesTests
{
    [Fact]
    public void EveryTypeIsInTheTable()
    {
        string[] folders =
        [
            "services/Auth",
            "services/Contracts",
            "services/SiteRouter/Datadog",
            "services/Senders/Sending",
            "ServiceDefaults",
        ];
        var said =
            from folder in folders
            from file in Directory.EnumerateFiles(Repository.PathOf(folder), "*.cs", SearchOption.AllDirectories)
            from type in TypeIn().Matches(File.ReadAllText(file))
            select type.Groups[1].Value;
        var table = Code()
            .Matches(File.ReadAllText(Repository.PathOf("services/Gateway/PROBLEMS.md")))
            .Select(m => m.Groups[1].Value)
            .ToHashSet();

        Assert.Equal([], said.Distinct().Where(type => !table.Contains(type)));
    }

    // Problems.Conflict("x", type: "x", Type = "x", 404 => "x", new(404, "x"
    [GeneratedRegex(
        """(?:Problems\.(?:Conflict|BadRequest|Forbidden)\(\s*|\btype: |\bType = |\d{3} => |new\(\s*\d{3}, )"([a-z][a-z-]+)"(?! \+)"""
    )]
    private static partial Regex TypeIn();

    [GeneratedRegex("`([a-z-]+)`")]
    private static partial Regex Code();
}
