using System.Text;
using Microsoft.AspNetCore.Http;
using Partner.Contracts;
using Partner.Sending;
using Partner.Sending.Accept;

namespace Partner.Metrics.Tests;

public sealed class MetricsParserTests
{
    private const long Oldest = 1_000_000_000 - (58 * 60);
    private const long Newest = 1_000_000_000 + (10 * 60);
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_000_000_000);
    private readonly MetricsSender _sender = new();

    [Theory]
    [InlineData(Oldest, true)]
    [InlineData(Oldest - 1, false)]
    [InlineData(Newest, true)]
    [InlineData(Newest + 1, false)]
    [InlineData(0, false)]
    [InlineData(long.MaxValue, false)]
    [InlineData(long.MinValue, false)]
    [InlineData(1_000_000_000_000, false)]
    public void TheWindowHasSharpEdges(long seconds, bool good)
    {
        ParsedBody[] all =
        [
            Json("/api/v1/series", $$"""{"series":[{"metric":"m","points":[[{{seconds}},1]]}]}"""),
            Json("/api/v2/series", $$"""{"series":[{"metric":"m","points":[{"timestamp":{{seconds}},"value":1}]}]}"""),
            Json("/api/v1/distribution_points", $$"""{"series":[{"metric":"m","points":[[{{seconds}},[1]]]}]}"""),
            Parse("/api/v2/series", Protobuf.Series("m", seconds, 1), "application/x-protobuf"),
        ];
        Assert.All(
            all,
            parsed =>
                Assert.Equal(
                    (null, good ? 1 : 0, good ? 0 : 1),
                    (parsed.Refusal, parsed.Items.Count, parsed.Dead.Count)
                )
        );
        Assert.All(all, parsed => Assert.All(parsed.Items, item => Assert.Equal(seconds * 1_000, item.At)));
        Assert.All(
            all,
            parsed =>
                Assert.All(
                    parsed.Dead,
                    dead => Assert.Equal(seconds < Oldest ? "expired" : "future", dead.Reason.Text())
                )
        );
    }

    [Theory]
    [InlineData("m")]
    [InlineData("\u00fc")]
    [InlineData("\U0001F600")]
    public void TheLimitOfANameIsInCharactersInEveryForm(string character)
    {
        ParsedBody[] Of(int length)
        {
            var name = string.Concat(Enumerable.Repeat(character, length));
            return
            [
                Json("/api/v1/series", $$"""{"series":[{"metric":"{{name}}","points":[[1000000000,1]]}]}"""),
                Json(
                    "/api/v2/series",
                    $$"""{"series":[{"points":[{"timestamp":1000000000,"value":1}],"metric":{{System.Text.Json.JsonSerializer.Serialize(name)}}}]}"""
                ),
                Parse("/api/v2/series", Protobuf.Series(name, 1_000_000_000, 1), "application/x-protobuf"),
            ];
        }

        Assert.All(Of(200), parsed => Assert.Equal((1, 0), (parsed.Items.Count, parsed.Dead.Count)));
        Assert.All(
            Of(201),
            parsed =>
                Assert.Equal(
                    (0, ("too_long", "metric exceeds 200 characters.", 1_000_000_000_000)),
                    (parsed.Items.Count, parsed.Dead.Select(d => (d.Reason.Text(), d.Detail, d.At)).Single())
                )
        );
        Assert.Equal(
            Protobuf.Series(string.Concat(Enumerable.Repeat(character, 201)), 1_000_000_000, 1),
            Of(201)[2].Dead[0].Bytes
        );
    }

    [Fact]
    public void TheOldestPointIsTheTimeOfASeries()
    {
        var parsed = Json(
            "/api/v1/series",
            """{"series":[{"metric":"m","points":[[1000000000,1],[999999990,1],[1000000100,1]]}]}"""
        );
        Assert.Equal(999_999_990_000, Assert.Single(parsed.Items).At);
        Assert.Equal(3, _sender.WeightOf(parsed.Variant, BytesOf(parsed, parsed.Items[0])));
    }

    [Fact]
    public void ANullOfV1PassesAndABadPointLeavesItsSeriesInTheirForm()
    {
        const string Null = """{"metric":"nan","points":[[1000000000,null]]}""";
        var parsed = Json(
            "/api/v1/series",
            "{\"series\":["
                + Null
                + """,{"metric":"m","points":[[1000000000,1],[1000000000,"x"], {"a":[1]} ,[1000000001,2]],"tags":[]}]}"""
        );
        Assert.Equal(
            [Null, """{"metric":"m","points":[[1000000000,1],[1000000001,2]],"tags":[]}"""],
            parsed.Items.Select(item => Encoding.UTF8.GetString(BytesOf(parsed, item)))
        );
        Assert.Equal(
            [("malformed", """{"metric":"m","points":[[1000000000,"x"],{"a":[1]}],"tags":[]}""", 400)],
            parsed.Dead.Select(d => (d.Reason.Text(), Encoding.UTF8.GetString(d.Bytes), d.Status))
        );
    }

    [Fact]
    public void ASeriesOfMorePointsThanABatchMayHaveIsDivided()
    {
        var points = Enumerable.Range(0, 25_000).Select(i => $"[{1_000_000_000 + (i % 60)},{i}]").ToList();
        var parsed = Json(
            "/api/v1/series",
            $$"""{"series":[{"metric":"m","points":[{{string.Join(',', points)}}],"host":"h"}]}"""
        );
        Assert.Empty(parsed.Dead);
        Assert.Equal(
            [10_000, 10_000, 5_000],
            parsed.Items.Select(item => _sender.WeightOf(parsed.Variant, BytesOf(parsed, item)))
        );
        Assert.Equal(
            [
                .. points
                    .Chunk(10_000)
                    .Select(some => $$"""{"metric":"m","points":[{{string.Join(',', some)}}],"host":"h"}"""),
            ],
            parsed.Items.Select(item => Encoding.UTF8.GetString(BytesOf(parsed, item)))
        );
        var many = Enumerable.Range(0, 25_000).Select(i => (1_000_000_000L, (double)i)).ToArray();
        parsed = Parse("/api/v2/series", Protobuf.Series("m", many), "application/x-protobuf");
        Assert.Equal(
            [10_000, 10_000, 5_000],
            parsed.Items.Select(item => _sender.WeightOf(parsed.Variant, BytesOf(parsed, item)))
        );
    }

    [Fact]
    [Trait("fault", "F22")]
    public void ASmallRequestLeavesFewLettersAndTheyAreSentAgainAsTheyStand()
    {
        const string One = """{"metric":"m","points":[[1000000000000,1],[1000000000000,2]]}""";
        var parsed = Json("/api/v1/series", $$"""{"series":[{{string.Join(',', Enumerable.Repeat(One, 100_000))}}]}""");
        Assert.Equal((0, 100_000), (parsed.Items.Count, parsed.Dead.Sum(d => d.Items)));
        Assert.InRange(parsed.Dead.Count, 100, 200);
        Assert.All(
            parsed.Dead,
            d => Assert.Equal(string.Join(',', Enumerable.Repeat(One, d.Items)), Encoding.UTF8.GetString(d.Bytes))
        );
        Assert.All(parsed.Dead, d => Assert.Equal(2 * d.Items, _sender.WeightOf(parsed.Variant, d.Bytes)));
        var protobuf = Enumerable
            .Repeat(Protobuf.Series("m", 1_000_000_000_000, 1), 10_000)
            .SelectMany(s => s)
            .ToArray();
        parsed = Parse("/api/v2/series", protobuf, "application/x-protobuf");
        Assert.Equal(10_000, parsed.Dead.Sum(d => d.Items));
        Assert.All(parsed.Dead, d => Assert.Equal(d.Items, _sender.WeightOf(parsed.Variant, d.Bytes)));
    }

    [Fact]
    [Trait("fault", "F31")]
    public void WhatIsMadeOfABodyIsPaidForAndRefusedWhereItIsTooMuch()
    {
        var points = string.Join(',', Enumerable.Repeat("[1,1]", 100_000));
        ParsedBody[] all =
        [
            Json("/api/v1/series", $$"""{"series":[{"metric":"m","points":[{{points}}]}]}""", 2_000_000),
            Json(
                "/api/v1/series",
                $$"""{"series":[{{string.Join(',', Enumerable.Repeat("0", 100_000))}}]}""",
                2_000_000
            ),
            Parse(
                "/api/v2/series",
                Protobuf.Series("m", [.. Enumerable.Repeat((1L, 1.0), 100_000)]),
                "application/x-protobuf",
                2_000_000
            ),
            Parse(
                "/api/v2/series",
                [.. Enumerable.Repeat((byte[])[0x0A, 0x00], 100_000).SelectMany(b => b)],
                "application/x-protobuf",
                2_000_000
            ),
        ];
        Assert.All(all, parsed => Assert.Equal(413, parsed.Refusal?.Status));
    }

    [Fact]
    public void ProtobufSeriesGoOnByteForByteAndOnlyBadPointsLeaveThem()
    {
        var (good, old) = (Protobuf.Series("good", 1_000_000_000, 1), Protobuf.Series("old", 5, 1));
        var mixed = Protobuf.Series("mixed", (1_000_000_000, 1), (7, 2), (1_000_000_001, 0), (2_000_000_000, 3));
        var parsed = Parse(
            "/api/v2/series",
            [.. good, .. mixed, .. old, .. Protobuf.Field(9, [1])],
            "application/x-protobuf; charset=x"
        );
        Assert.Equal(
            [good, Protobuf.Series("mixed", (1_000_000_000, 1), (1_000_000_001, 0))],
            parsed.Items.Select(item => BytesOf(parsed, item))
        );
        Assert.Equal(
            [
                ("expired", Protobuf.Series("mixed", 7, 2)),
                ("future", Protobuf.Series("mixed", 2_000_000_000, 3)),
                ("expired", old),
            ],
            parsed.Dead.Select(d => (d.Reason.Text(), d.Bytes))
        );
        Assert.Equal([1, 2], parsed.Items.Select(item => _sender.WeightOf(parsed.Variant, BytesOf(parsed, item))));
    }

    [Theory]
    [InlineData(new byte[] { 0x0A }, "The body is not a valid MetricPayload.")]
    [InlineData(new byte[] { 0x0A, 0x05, 0x12 }, "The body is not a valid MetricPayload.")]
    [InlineData(new byte[] { 0x0B, 0x0C }, "The body is not a valid MetricPayload.")]
    [InlineData(new byte[] { 0x00, 0x00 }, "The body is not a valid MetricPayload.")]
    [InlineData(
        new byte[] { 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01 },
        "The body is not a valid MetricPayload."
    )]
    [InlineData(new byte[] { }, "The body is empty.")]
    public void WhatIsNoPayloadIsRefused(byte[] body, string detail) =>
        Assert.Equal(new BodyRejection(400, detail), Parse("/api/v2/series", body, "application/x-protobuf").Refusal);

    [Theory]
    [InlineData(new byte[] { 0x0A, 0x02, 0x12, 0x05 }, "The body is not a valid MetricPayload.")]
    [InlineData(new byte[] { 0x0A, 0x00 }, "series[0].metric is required.")]
    [InlineData(new byte[] { 0x0A, 0x03, 0x12, 0x01, 0x61 }, "series[0].points is required.")]
    public void WhatIsNoSeriesIsADeadLetterThatDatadogWouldRefuse(byte[] body, string detail) =>
        Assert.Equal(
            [("malformed", detail, 400)],
            Parse("/api/v2/series", body, "application/x-protobuf")
                .Dead.Select(d => (d.Reason.Text(), d.Detail, d.Status))
        );

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void AValueThatIsNoNumberIsADeadLetter(double value)
    {
        var parsed = Parse(
            "/api/v2/series",
            Protobuf.Series("m", (1_000_000_000, value), (1_000_000_000, 1)),
            "application/x-protobuf"
        );
        Assert.Equal([Protobuf.Series("m", 1_000_000_000, 1)], parsed.Items.Select(item => BytesOf(parsed, item)));
        Assert.Equal(
            [("malformed", "series[0].points has a value that is no number.", 400)],
            parsed.Dead.Select(d => (d.Reason.Text(), d.Detail, d.Status))
        );
    }

    [Fact]
    public void AnyPrefixOfAPayloadIsReadOrRefused()
    {
        byte[] whole = [.. Protobuf.Series("a", 1_000_000_000, 1), .. Protobuf.Series("b", (1_000_000_000, 1), (1, 2))];
        Assert.All(
            Enumerable.Range(0, whole.Length),
            length => Parse("/api/v2/series", whole[..length], "application/x-protobuf")
        );
    }

    private static byte[] BytesOf(ParsedBody parsed, Item item) =>
        parsed.Bytes.Slice(item.Offset, item.Length).ToArray();

    private ParsedBody Json(string path, string body, long memory = long.MaxValue) =>
        Parse(path, Encoding.UTF8.GetBytes(body), "text/json", memory);

    private ParsedBody Parse(string path, byte[] body, string contentType, long memory = long.MaxValue)
    {
        using var charge = new MemoryCharge(new MemoryBudget(memory));
        return _sender.Parse(
            new IntakeBody(body, contentType, QueryCollection.Empty, _sender.Paths.Single(p => p.Path == path))
            {
                Now = Now,
                Memory = charge,
            }
        );
    }
}
