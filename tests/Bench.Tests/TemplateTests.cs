using System.Text;
using System.Text.Json;
using Partner.Bench.Load;
using Partner.Sandbox.Intake;

namespace Partner.Bench.Tests;

public class TemplateTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

    public static TheoryData<string> Types => [.. Shapes.All.Select(shape => shape.Name)];

    [Theory]
    [MemberData(nameof(Types))]
    public void EachItemOfARequestHasItsOwnMarkAndHash(string type)
    {
        var shape = Shape.Find(type)!;
        var (body, hashes) = new Template(shape, new Random(1), Now).Fill(0xABCDEF00);
        using var json = JsonDocument.Parse(body);
        var text = Encoding.UTF8.GetString(body);
        var items = text[shape.Prefix.Length..^shape.Suffix.Length];
        Assert.Equal(shape.ItemsPerRequest, hashes.Distinct().Count());
        for (var i = 0; i < shape.ItemsPerRequest; i++)
        {
            Assert.Contains($"bench_{0xABCDEF00 + i:x16}", items, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void TheHashIsOfTheItemsBytes()
    {
        var (body, hashes) = new Template(Shape.Find("logs")!, new Random(1), Now).Fill(7);
        using var json = JsonDocument.Parse(body);
        Assert.Equal(
            hashes,
            json.RootElement.EnumerateArray().Select(item => Marks.HashOf(Encoding.UTF8.GetBytes(item.GetRawText())))
        );
        Assert.Equal(
            Enumerable.Range(7, 100).Select(id => (ulong)id),
            json.RootElement.EnumerateArray().Select(item => Marks.MarkOf(Encoding.UTF8.GetBytes(item.GetRawText())))
        );
    }

    [Theory]
    [InlineData("incidents", "steady", true)]
    [InlineData("incidents", "direct", true)]
    [InlineData("incidents", "crash", false)]
    [InlineData("traces", "crash", true)]
    public void AScenarioThatNeedsABacklogIsNotForWhatHasNone(string type, string scenario, bool isFor) =>
        Assert.Equal(isFor, Shape.Find(type)!.IsFor(scenario));

    [Fact]
    public void ALogHas500Bytes()
    {
        var template = new Template(Shape.Find("logs")!, new Random(1), Now);
        Assert.Equal(500 * 100, template.ItemBytes);
    }

    [Fact]
    public void TheSameSeedMakesTheSameRequests() =>
        Assert.Equal(
            new Template(Shape.Find("logs")!, new Random(1), Now).Fill(1).Body,
            new Template(Shape.Find("logs")!, new Random(1), Now).Fill(1).Body
        );
}
