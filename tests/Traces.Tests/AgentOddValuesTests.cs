using System.Globalization;

namespace Partner.Traces.Tests;

/// <summary>Values that their places are not made for: kept where they can be, else left out and counted; never a refusal.</summary>
public sealed class AgentOddValuesTests
{
    // A tracer's tag that holds a Buffer arrives as bytes among numbers.
    [Fact]
    public void ATagOfAnotherTypeInMessagePackIsLeftOutAndCounted()
    {
        byte[][] odd = [Samples.Text("text"), [0xC4, 1, 7], [0xC0], [0xC2], [0x91, 1], [0x81, 1, 2], [0xD4, 1, 2]];
        foreach (var value in odd)
        {
            var parsed = Requests.ParseAgent(
                Requests.Array(
                    Requests.Array(
                        Requests.AgentSpan(
                            1,
                            Samples.Text("metrics"),
                            Requests.Map(Samples.Text("a"), [5], Samples.Text("odd"), value, Samples.Text("z"), [6])
                        )
                    )
                )
            );
            Assert.Equal(("a=5,z=6", 1), (Tags(Requests.SpanOf(parsed).Metrics), parsed.LeftOut));
        }

        foreach (var value in new byte[][] { [7], [0xC3], [0xCB, 0, 0, 0, 0, 0, 0, 0, 0], [0x91, 1], [0x80] })
        {
            var parsed = Requests.ParseAgent(
                Requests.Array(
                    Requests.Array(
                        Requests.AgentSpan(
                            1,
                            Samples.Text("meta"),
                            Requests.Map(Samples.Text("a"), Samples.Text("b"), Samples.Text("odd"), value),
                            Samples.Text("meta_struct"),
                            Requests.Map(Samples.Text("s"), value, Samples.Text("t"), [0xC4, 1, 1])
                        )
                    )
                )
            );
            var span = Requests.SpanOf(parsed);
            Assert.Equal(
                ("b", false, "t", 2),
                (span.Meta["a"], span.Meta.ContainsKey("odd"), Assert.Single(span.MetaStruct).Key, parsed.LeftOut)
            );
        }
    }

    [Theory]
    [InlineData("service", "7")]
    [InlineData("name", "[]")]
    [InlineData("resource", "{\"a\":1}")]
    [InlineData("type", "true")]
    [InlineData("parent_id", "\"x\"")]
    [InlineData("start", "1.5")]
    [InlineData("duration", "\"long\"")]
    [InlineData("error", "{}")]
    [InlineData("meta", "7")]
    [InlineData("meta", "{\"k\":[1]}")]
    [InlineData("metrics", "[1]")]
    [InlineData("metrics", "{\"k\":\"text\"}")]
    [InlineData("metrics", "{\"k\":{\"type\":\"Buffer\",\"data\":[1,2]}}")]
    [InlineData("metrics", "{\"k\":null}")]
    public void AFieldOfAnotherTypeInAgentJsonIsLeftOutAndCounted(string field, string value)
    {
        var parsed = Requests.ParseAgent(
            $$"""[[{"trace_id":1,"span_id":1,"{{field}}":{{value}},"start":9},{"trace_id":1,"span_id":2}]]"""
        );
        Assert.Equal([(1UL, 9L), (2UL, 0L)], Requests.SpansOf(parsed).Select(span => (span.SpanId, span.Start)));
        Assert.Equal((1, 0), (parsed.LeftOut, parsed.Dead.Count));
    }

    [Theory]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    [InlineData("-1", ulong.MaxValue)]
    [InlineData("7.0", 7)]
    [InlineData("1e3", 1000)]
    [InlineData("\"1234567890123456789\"", 1234567890123456789)]
    public void AnIdInAgentJsonIsANumberInAnySpelling(string json, ulong id) =>
        Assert.Equal(id, Requests.SpanOf(Requests.ParseAgent($$"""[[{"trace_id":1,"span_id":{{json}} }]]""")).SpanId);

    [Fact]
    public void ANumberInMessagePackMayBeAFloatingOneIfItIsWhole()
    {
        byte[] Double(double value) => [0xCB, .. BitConverter.GetBytes(value).Reverse()];
        var span = Requests.SpanOf(
            Requests.ParseAgent(
                Requests.Array(
                    Requests.Array(
                        Requests.AgentSpan(
                            1,
                            Samples.Text("start"),
                            Double(1.5e18),
                            Samples.Text("duration"),
                            Double(2.5),
                            Samples.Text("error"),
                            [0xC3]
                        )
                    )
                )
            )
        );
        Assert.Equal((1_500_000_000_000_000_000, 0L, true), (span.Start, span.Duration, span.Error));
    }

    private static string Tags(Dictionary<string, double> tags) =>
        string.Join(',', tags.Select(tag => $"{tag.Key}={tag.Value.ToString(CultureInfo.InvariantCulture)}"));
}
