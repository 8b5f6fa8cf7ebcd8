using System.Text.RegularExpressions;

namespace Partner.Solution.Tests;

/// <summary>
/// SECURITY.md against the tests: what it says that tests show has one in the source. Whether they pass is for
/// <c>./dev coverage-of</c> to say.
/// </summary>
public partial class CoverageTests
{
    private const int Statements = 51;
    private const int Faults = 34;

    private static readonly IReadOnlyList<(string Number, string Claim)> Rows =
    [
        .. Row()
            .Matches(File.ReadAllText(Path.Combine(Checkout.Root, "SECURITY.md")))
            .Select(match => (match.Groups[1].Value, match.Groups[2].Value)),
    ];

    private static readonly ILookup<string, string> Carriers = Directory
        .EnumerateFiles(Path.Combine(Checkout.Root, "tests"), "*.cs", SearchOption.AllDirectories)
        .SelectMany(path => Trait().Matches(File.ReadAllText(path)).Select(match => (path, match)))
        .ToLookup(
            found =>
                found.match.Groups[1].Value == "security"
                    ? $"S{found.match.Groups[2].Value}"
                    : found.match.Groups[2].Value,
            found => Path.GetRelativePath(Checkout.Root, found.path)
        );

    [Fact]
    public void EveryStatementAndFaultIsListedOnceAndInOrder() =>
        Assert.Equal(
            [
                .. Enumerable.Range(1, Statements).Select(number => $"S{number}"),
                .. Enumerable.Range(1, Faults).Select(number => $"F{number}"),
            ],
            Rows.Select(row => row.Number)
        );

    [Fact]
    public void EachSaysHowItIsShown() =>
        Assert.All(Rows, row => Assert.Matches("^(tests|open|argued: .{20,})$", row.Claim));

    [Fact]
    public void WhatTestsShowHasATest() =>
        Assert.Equal(
            [],
            Rows.Where(row => row.Claim == "tests" && !Carriers.Contains(row.Number)).Select(row => row.Number)
        );

    [Fact]
    public void NoTestCarriesANumberThatDoesNotExist() =>
        Assert.Equal([], Carriers.Select(carrier => carrier.Key).Except(Rows.Select(row => row.Number)));

    [GeneratedRegex(@"^\| ([SF]\d+) \| [^|]+ \| ([^|]+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("\\[(?:assembly: )?Trait\\(\"(security|fault)\", \"([^\"]+)\"\\)\\]")]
    private static partial Regex Trait();
}
