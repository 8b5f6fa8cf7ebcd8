using System.Text;
using static Partner.Metrics.Tests.OtlpSamples;

namespace Partner.Metrics.Tests;

/// <summary>What becomes of a data point, as Datadog's own mapping has it (datadog-facts 3.9 c).</summary>
public class OtlpMetricsTests
{
    private const string Shop =
        """{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},{"key":"host.name","value":{"stringValue":"h1"}},{"key":"x","value":{"stringValue":"no tag"}}]}""";

    [Fact]
    public void GaugesAndSumsBecomeSeriesInJsonAndInProtobuf()
    {
        var request = Of(
            Shop,
            $$"""{"name":"m.bytes","unit":"KiBy","gauge":{"dataPoints":[{{Point("\"asDouble\":1.5,\"attributes\":[{\"key\":\"a\",\"value\":{\"stringValue\":\"b\"}},{\"key\":\"e\",\"value\":{\"stringValue\":\"\"}}]")}}]} }""",
            Sum("m.count", 1, true, Point($"\"asInt\":\"-7\",\"startTimeUnixNano\":\"{Nano(Now.AddSeconds(-60))}\"")),
            Sum("m.updown", 1, false, Point($"\"asInt\":3,\"startTimeUnixNano\":\"{Nano(Now.AddSeconds(-1.5))}\"")),
            Sum("m.level", 2, false, Point("\"asInt\":4"))
        );
        const string Rest = "\"resources\":[{\"name\":\"h1\",\"type\":\"host\"}],\"tags\":[\"service:shop\"";
        foreach (var parsed in new[] { Parse(request), Parse(ToProtobuf(request), OtlpSamples.Protobuf) })
        {
            Assert.Equal(
                [
                    $$"""v2 {"metric":"m.bytes","type":3,"points":[{"timestamp":1796040000,"value":1.5}],"unit":"kibibyte",{{Rest}},"a:b","e:n/a"]}""",
                    $$"""v2 {"metric":"m.count","type":1,"points":[{"timestamp":1796040000,"value":-7}],"interval":60,{{Rest}}]}""",
                    $$"""v2 {"metric":"m.updown","type":1,"points":[{"timestamp":1796040000,"value":3}],{{Rest}}]}""",
                    $$"""v2 {"metric":"m.level","type":3,"points":[{"timestamp":1796040000,"value":4}],{{Rest}}]}""",
                ],
                ItemsOf(parsed)
            );
            Assert.Empty(parsed.Parts.SelectMany(part => part.Dead));
        }
    }

    // By hand, so that what reads it is not checked against itself: a Sum of one point with as_int, and a Histogram
    // whose counts and bounds are packed, as SDKs write them.
    [Fact]
    public void ProtobufIsReadByItsPublishedNumbers()
    {
        byte[] time = [0x19, .. BitConverter.GetBytes(1_796_040_000_000_000_000)];
        byte[] number = [.. time, 0x31, .. BitConverter.GetBytes(5L)];
        byte[] sum = [0x10, 1, 0x18, 1, .. Protobuf(1, number)];
        byte[] histogram =
        [
            .. time,
            0x21,
            .. BitConverter.GetBytes(2L),
            .. Protobuf(6, [.. BitConverter.GetBytes(0L), .. BitConverter.GetBytes(2L), .. BitConverter.GetBytes(0L)]),
            .. Protobuf(7, [.. BitConverter.GetBytes(1.0), .. BitConverter.GetBytes(3.0)]),
        ];
        byte[] metrics =
        [
            .. Protobuf(2, [.. Protobuf(1, "s"u8.ToArray()), .. Protobuf(7, sum)]),
            .. Protobuf(2, [.. Protobuf(1, "h"u8.ToArray()), .. Protobuf(9, [0x10, 1, .. Protobuf(1, histogram)])]),
        ];
        Assert.Equal(
            [
                """v2 {"metric":"s","type":1,"points":[{"timestamp":1796040000,"value":5}],"tags":[]}""",
                """distributions {"metric":"h","points":[[1796040000,[1.5,2.5]]],"tags":[]}""",
            ],
            ItemsOf(Parse(Protobuf(1, Protobuf(2, metrics)), OtlpSamples.Protobuf))
        );

        static byte[] Protobuf(int field, byte[] contents) => Tests.Protobuf.Field(field, contents);
    }

    [Theory]
    [InlineData("""{"name":"","gauge":{"dataPoints":[]}}""", "A metric has no name.")]
    [InlineData("""{"name":"m","gauge":{"dataPoints":[{"asInt":1}]}}""", "A data point has no time.")]
    [InlineData(
        """{"name":"m","gauge":{"dataPoints":[{"timeUnixNano":1}]}}""",
        "A data point has no number, or one that is not finite."
    )]
    [InlineData(
        """{"name":"m","gauge":{"dataPoints":[{"timeUnixNano":1,"asDouble":"NaN"}]}}""",
        "A data point has no number, or one that is not finite."
    )]
    [InlineData(
        """{"name":"m","gauge":{"dataPoints":[{"timeUnixNano":1,"asDouble":"-Infinity"}]}}""",
        "A data point has no number, or one that is not finite."
    )]
    [InlineData(
        """{"name":"m","sum":{"dataPoints":[{"timeUnixNano":1,"asInt":1}]}}""",
        "A sum or histogram does not say its temporality."
    )]
    [InlineData(
        """{"name":"m","histogram":{"aggregationTemporality":1,"dataPoints":[{"timeUnixNano":1,"bucketCounts":[1],"explicitBounds":[1]}]}}""",
        "A histogram's bounds and counts do not fit each other."
    )]
    [InlineData(
        """{"name":"m","histogram":{"aggregationTemporality":1,"dataPoints":[{"timeUnixNano":1,"bucketCounts":[1,0,0],"explicitBounds":[2,1]}]}}""",
        "A histogram's bounds and counts do not fit each other."
    )]
    [InlineData(
        """{"name":"m","histogram":{"aggregationTemporality":1,"dataPoints":[{"timeUnixNano":1,"count":3}]}}""",
        "A data point has no number, or one that is not finite."
    )]
    [InlineData(
        """{"name":"m","exponentialHistogram":{"aggregationTemporality":1,"dataPoints":[{"timeUnixNano":1,"scale":-10,"positive":{"offset":5,"bucketCounts":[1]}}]}}""",
        "A histogram's bounds and counts do not fit each other."
    )]
    [InlineData(
        """{"name":"m","histogram":{"aggregationTemporality":1,"dataPoints":[{"timeUnixNano":1,"sum":1,"count":100001}]}}""",
        "A histogram has more than 100000 observations: export more often."
    )]
    [InlineData("7", "A metric or a data point is a JSON object.")]
    [InlineData("""{"name":"m","gauge":{"dataPoints":[null]}}""", "A metric or a data point is a JSON object.")]
    public void WhatIsRefusedSaysWhyAndTakesNoGoodOneWithIt(string bad, string why)
    {
        var parsed = Parse(Request(bad, Gauge("g", Point("\"asInt\":1"))));
        Assert.Single(ItemsOf(parsed));
        Assert.Equal(why, Assert.Single(parsed.Dead).Detail);
        Assert.Equal(400, parsed.Dead[0].Status);
    }

    [Fact]
    public void PointsWithoutAValueAndHistogramsWithoutObservationsAreNothingAndExemplarsAreLeftOut()
    {
        var parsed = Parse(
            Request(
                Gauge("g", Point("\"flags\":1"), Point("\"asInt\":1,\"exemplars\":[{\"asInt\":1},{}]")),
                Histogram("histogram", 1, Point("\"count\":0,\"bucketCounts\":[0,0],\"explicitBounds\":[1]"))
            )
        );
        Assert.Single(ItemsOf(parsed));
        Assert.Equal((2, "{}"), (parsed.LeftOut, parsed.Answer));
    }

    [Fact]
    public void PointsOutsideTheWindowAreLettersInTheFormOfTheirVariant()
    {
        var parsed = Parse(
            Request(
                Gauge("g", Point("\"asInt\":1", Now.AddMinutes(-59)), Point("\"asInt\":2", Now.AddMinutes(11))),
                Histogram("histogram", 1, Point("\"count\":1,\"sum\":2", Now.AddHours(-2)))
            )
        );
        Assert.Empty(ItemsOf(parsed));
        Assert.Equal(
            ["v2 Expired {\"metric\":\"g\"", "v2 Future {\"metric\":\"g\"", "distributions Expired {\"metric\":\"h\""],
            parsed.Parts.SelectMany(part =>
                part.Dead.Select(dead => $"{part.Variant} {dead.Reason} {Encoding.UTF8.GetString(dead.Bytes)[..13]}")
            )
        );
    }

    [Theory]
    [InlineData("By/s", "byte/second")]
    [InlineData("us", "microsecond")]
    [InlineData("MBy", "megabyte")]
    [InlineData("MiBy", "mebibyte")]
    [InlineData("{request}", "request")]
    [InlineData("{datapoint}", "item")]
    [InlineData("%", "percent")]
    [InlineData("1", null)]
    [InlineData("", null)]
    [InlineData("mBy", null)]
    [InlineData("{furlong}", null)]
    [InlineData("a/b/c", null)]
    public void UnitsAreDatadogsWhereThereIsOne(string unit, string? expected) =>
        Assert.Equal(expected, Metrics.Otlp.OtlpUnits.Map(unit));
}
