using System.Text;
using System.Text.Json;
using Partner.Sending;
using static Partner.Metrics.Tests.DogStatsdSamples;

namespace Partner.Metrics.Tests;

/// <summary>Lines of metrics, as the Agent reads and sums them up (datadog-facts 3.2 a).</summary>
public sealed class DogStatsdMetricTests
{
    [Fact]
    public void CountsAddUpGaugesKeepTheLastAndSetsSayHowManyDifferentValuesThereWere() =>
        Assert.Equal(
            [
                """v2 {"metric":"page.views","type":1,"points":[{"timestamp":1796040000,"value":23.5}],"tags":[]}""",
                """v2 {"metric":"page.views","type":1,"points":[{"timestamp":1796040000,"value":1}],"tags":["a:b","env"]}""",
                """v2 {"metric":"fuel.level","type":3,"points":[{"timestamp":1796040000,"value":-0.25}],"tags":[]}""",
                """v2 {"metric":"users","type":3,"points":[{"timestamp":1796040000,"value":2}],"tags":[]}""",
            ],
            Send(
                "page.views:1|c",
                "page.views:1.5|c|@0.5",
                "page.views:1|c|#env,a:b,env",
                "page.views:-1.5e0|c",
                "page.views:21::-0|c",
                "fuel.level:0.5|g",
                "fuel.level:+.5:-.25|g|@0.1",
                "users:1234|s",
                "users:a:b|s",
                "users:1234|s"
            )
        );

    [Fact]
    public void HistogramsAndTimesBecomeWhatAnAgentMakesOfThem()
    {
        var samples = string.Join(':', Enumerable.Range(1, 20));
        Assert.Equal(
            [
                """v2 {"metric":"h.max","type":3,"points":[{"timestamp":1796040000,"value":20}],"tags":["a:b"]}""",
                """v2 {"metric":"h.median","type":3,"points":[{"timestamp":1796040000,"value":10}],"tags":["a:b"]}""",
                """v2 {"metric":"h.avg","type":3,"points":[{"timestamp":1796040000,"value":10.5}],"tags":["a:b"]}""",
                """v2 {"metric":"h.count","type":1,"points":[{"timestamp":1796040000,"value":20}],"tags":["a:b"]}""",
                """v2 {"metric":"h.95percentile","type":3,"points":[{"timestamp":1796040000,"value":19}],"tags":["a:b"]}""",
            ],
            Send($"h:{samples}|h|#a:b")
        );
        // A sample of rate 0.1 stands for ten.
        Assert.Equal(
            [
                """v2 {"metric":"t.max","type":3,"points":[{"timestamp":1796040000,"value":320}],"unit":"millisecond","tags":[]}""",
                """v2 {"metric":"t.median","type":3,"points":[{"timestamp":1796040000,"value":7}],"unit":"millisecond","tags":[]}""",
                """v2 {"metric":"t.avg","type":3,"points":[{"timestamp":1796040000,"value":35.45454545454545}],"unit":"millisecond","tags":[]}""",
                """v2 {"metric":"t.count","type":1,"points":[{"timestamp":1796040000,"value":11}],"tags":[]}""",
                """v2 {"metric":"t.95percentile","type":3,"points":[{"timestamp":1796040000,"value":320}],"unit":"millisecond","tags":[]}""",
            ],
            Send("t:320|ms", "t:7|ms|@0.1")
        );
    }

    [Fact]
    public void ADistributionHasEachValueAsOftenAsItsRateSays()
    {
        Assert.Equal(
            ["""distributions {"metric":"d","points":[[1796040000,[1,2.5,2.5]]],"host":"h1","tags":["device:sda"]}"""],
            Send("d:1|d|#host:h1,device:sda", "d:2.5|d|#device:sda,host:h1|@0.5")
        );
        // 1 / 0.3 of each is 10 of three.
        using var json = JsonDocument.Parse(Send("d:1:2:3|d|@0.3").Single()["distributions ".Length..]);
        var values = json.RootElement.GetProperty("points")[0][1].EnumerateArray().Select(v => v.GetDouble()).ToList();
        Assert.Equal([1, 2, 3], values.Distinct());
        Assert.InRange(values.Count, 9, 10);
    }

    [Fact]
    public void HostAndDeviceAreResourcesAndWhatIsForTheAgentIsNothing() =>
        Assert.Equal(
            [
                """v2 {"metric":"g","type":3,"points":[{"timestamp":1796040000,"value":1}],"resources":[{"name":"h1","type":"host"},{"name":"pod-1","type":"kube_pod"},{"name":"sda","type":"device"}],"tags":["a"]}""",
                """v2 {"metric":"g2","type":3,"points":[{"timestamp":1796040000,"value":1}],"tags":[]}""",
            ],
            Send(
                "g:1|g|#a,host:h1,device:sda,dd.internal.resource:kube_pod:pod-1,dd.internal.entity_id:1,dd.internal.card:low,dd.internal.jmx_check_name:x",
                "g2:1|g|#host:,,device:|c:ci-1234,in-5|e:it-false|card:none|x"
            )
        );

    [Fact]
    public void ATimestampIsKeptAndIsPartOfWhatAddsUp() =>
        Assert.Equal(
            [
                """v2 {"metric":"c","type":1,"points":[{"timestamp":1796039900,"value":3}],"tags":[]}""",
                """v2 {"metric":"c","type":1,"points":[{"timestamp":1796039901,"value":4}],"tags":[]}""",
                """v2 {"metric":"g","type":3,"points":[{"timestamp":1796039900,"value":5}],"tags":[]}""",
            ],
            Send(
                "c:1|c|T1796039900",
                "c:1|c|@0.5|T1796039900",
                "c:4|c|T1796039901",
                "g:4|g|T1796039900",
                "g:5|g|T1796039900"
            )
        );

    [Fact]
    public void LinesEndInAnySuchWayAndEmptyOnesAreNothing()
    {
        string[] both =
        [
            """v2 {"metric":"a","type":3,"points":[{"timestamp":1796040000,"value":1}],"tags":[]}""",
            """v2 {"metric":"b","type":3,"points":[{"timestamp":1796040000,"value":2}],"tags":[]}""",
        ];
        string[] bodies = ["a:1|g\nb:2|g", "a:1|g\nb:2|g\n", "a:1|g\r\nb:2|g\r\n", "\n\r\n\na:1|g\n\nb:2|g\r"];
        foreach (var body in bodies)
        {
            Assert.Equal(both, ItemsOf(Parse(body)));
        }

        Assert.Empty(Send());
    }

    [Theory]
    [InlineData("nonsense", "malformed Line 1: a metric is not name:value|type.")]
    [InlineData("a:1", "malformed Line 1: a metric is not name:value|type.")]
    [InlineData("a|c", "malformed Line 1: a metric is not name:value|type.")]
    [InlineData(":1|c", "malformed Line 1: a metric is not name:value|type.")]
    [InlineData("a:|c", "malformed Line 1: a metric is not name:value|type.")]
    [InlineData("a:1|", "malformed Line 1: a metric's type is none of c, g, h, ms, d, s.")]
    [InlineData("a:1|C", "malformed Line 1: a metric's type is none of c, g, h, ms, d, s.")]
    [InlineData("a:1|ms ", "malformed Line 1: a metric's type is none of c, g, h, ms, d, s.")]
    [InlineData("a:x|c", "malformed Line 1: a metric's value is not a finite number.")]
    [InlineData("a: 1|c", "malformed Line 1: a metric's value is not a finite number.")]
    [InlineData("a:1:x|d", "malformed Line 1: a metric's value is not a finite number.")]
    [InlineData("a:::|h", "malformed Line 1: a metric's value is not a finite number.")]
    [InlineData("a:NaN|g", "malformed Line 1: a metric's value is not a finite number.")]
    [InlineData("a:inf|g", "malformed Line 1: a metric's value is not a finite number.")]
    [InlineData("a:1e999|g", "malformed Line 1: a metric's value is not a finite number.")]
    [InlineData("a:1|c|@", "malformed Line 1: a sample rate is not above 0 and at most 1.")]
    [InlineData("a:1|c|@0", "malformed Line 1: a sample rate is not above 0 and at most 1.")]
    [InlineData("a:1|c|@-0.5", "malformed Line 1: a sample rate is not above 0 and at most 1.")]
    [InlineData("a:1|c|@1.5", "malformed Line 1: a sample rate is not above 0 and at most 1.")]
    [InlineData("a:1|c|@4e-324", "malformed Line 1: a sample rate is not above 0 and at most 1.")]
    [InlineData("a:1|c|T", "malformed Line 1: a timestamp is not a whole number of seconds above 0.")]
    [InlineData("a:1|c|T0", "malformed Line 1: a timestamp is not a whole number of seconds above 0.")]
    [InlineData("a:1|c|T1.5", "malformed Line 1: a timestamp is not a whole number of seconds above 0.")]
    [InlineData("a:1|h|T1796040000", "malformed Line 1: a timestamp is for counts and gauges alone.")]
    [InlineData("a:1e308:1e308|c", "malformed Line 1: a metric's values are more than a number can be.")]
    [InlineData("a:1e308|h|@0.1", "malformed Line 1: a metric's values are more than a number can be.")]
    [InlineData("a:1|d|@0.000001", "too_large Line 1: a distribution has more than 100000 values.")]
    public void ALineThatIsNoneIsRefusedByNameAndTakesNoOtherWithIt(string line, string refusal)
    {
        Assert.Equal([$$"""{{refusal}} {"dogstatsd.unread":"{{line}}"}"""], Refusals(line));
        Assert.Equal(
            ["""v2 {"metric":"good","type":3,"points":[{"timestamp":1796040000,"value":2}],"tags":[]}"""],
            Send("good:1|g", line, "good:2|g")
        );
        Assert.StartsWith(
            refusal.Replace("Line 1", "Line 3", StringComparison.Ordinal),
            Refusals("good:1|g", "", line).Single(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void ALineThatIsRefusedLeavesItsSeriesAsItWas() =>
        Assert.Equal(
            [
                """v2 {"metric":"c","type":1,"points":[{"timestamp":1796040000,"value":1E+308}],"tags":[]}""",
                """distributions {"metric":"d","points":[[1796040000,[1,2]]],"tags":[]}""",
            ],
            Send("c:1e308|c", "c:1e308|c", "d:1|d", "d:9:9|d|@0.00001", "d:2|d", "d:7:x|d")
        );

    [Theory]
    [InlineData("m")]
    [InlineData("\u00fc")]
    public void ANameHasAsManyCharactersAsThoseOfOtherFormsMay(string character)
    {
        string Line(int length) => $"{string.Concat(Enumerable.Repeat(character, length))}:1|g";
        Assert.Single(Send(Line(200)));
        Assert.StartsWith(
            "too_long Line 1: metric exceeds 200 characters.",
            Refusals(Line(201)).Single(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(-3_480, "")]
    [InlineData(-3_481, "expired")]
    [InlineData(600, "")]
    [InlineData(601, "future")]
    public void TheWindowIsThatOfOtherPoints(int seconds, string reason)
    {
        var line = $"g:1|g|T{Now + seconds}";
        Assert.Equal(reason.Length == 0 ? 1 : 0, Send(line).Count);
        Assert.Equal(reason, string.Concat(Refusals(line).Select(refusal => refusal.Split(' ')[0])));
    }

    [Fact]
    public void TextThatIsNoUnicodeIsTaken() =>
        Assert.Equal(
            ["""v2 {"metric":"a\uFFFD","type":3,"points":[{"timestamp":1796040000,"value":1}],"tags":["\uFFFD"]}"""],
            ItemsOf(Parse([.. "a"u8, 0xFF, .. ":1|g|#"u8, 0xC3]))
        );

    [Fact]
    public void MoreLinesThanAnAgentTakesAreRefused()
    {
        Assert.Null(Parse(new string('\n', 100_000)).Refusal);
        Assert.Equal(
            (413, "The request has more than 100000 lines."),
            Parse(new string('\n', 100_001)).Refusal is { } refusal ? (refusal.Status, refusal.Detail) : default
        );
    }

    [Theory]
    [InlineData("metric.{0}:1|c|#a:b,c:{0}")]
    [InlineData("metric.{0}:1:2:3|h")]
    [InlineData("metric:1:2:3:4:5:6:7:8|h")]
    [InlineData("metric:{0}|s")]
    [InlineData("nonsense {0}")]
    public void WhatIsMadeOfALargeRequestIsPaidFor(string line)
    {
        var memory = new MemoryCharge();
        var lines = Enumerable.Range(0, 20_000).Select(i => line.Replace("{0}", $"{i}", StringComparison.Ordinal));
        var body = Encoding.UTF8.GetBytes(string.Join('\n', lines));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var parsed = Parse(body, null, memory: memory);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Null(parsed.Refusal);
        // Part of what is allocated is garbage at once.
        Assert.InRange(memory.Peak, allocated / 4, allocated * 4);
    }
}
