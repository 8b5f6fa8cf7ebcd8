using static Partner.Metrics.Tests.DogStatsdSamples;

namespace Partner.Metrics.Tests;

/// <summary>Lines of events and service checks, as the Agent reads them (datadog-facts 3.2 a).</summary>
public sealed class DogStatsdEventTests
{
    [Theory]
    [InlineData(
        "_e{5,4}:title|text",
        """{"title":"title","text":"text","date_happened":1796040000,"priority":"normal","alert_type":"info","tags":[]}"""
    )]
    // The lengths are bytes, and a line break is written as two characters.
    [InlineData(
        "_e{6,8}:t\u00fctle|a\\nb|c:d|d:1796039000|h:h1|k:key|p:low|s:my apps|t:error|#b,a:1,host:h2",
        """{"title":"t\u00FCtle","text":"a\nb|c:d","date_happened":1796039000,"priority":"low","alert_type":"error","host":"h1","aggregation_key":"key","source_type_name":"my apps","tags":["a:1","b"]}"""
    )]
    [InlineData(
        "_e{1,0}:t||#host:h2|c:ci-1|e:x|card:low|new",
        """{"title":"t","text":"","date_happened":1796040000,"priority":"normal","alert_type":"info","host":"h2","tags":[]}"""
    )]
    public void AnEventIsOneOfV1(string line, string json) => Assert.Equal([$"events {json}"], Send(line));

    [Fact]
    public void FieldsThatAreNotWhatTheyShouldBeAreLeftOutAndCountedAsAnAgentLeavesThem()
    {
        var parsed = Parse("_e{1,1}:a|b|d:soon|p:high|t:fatal\n_sc|s|0|d:x|h:h1");
        Assert.Equal(
            [
                """events {"title":"a","text":"b","date_happened":1796040000,"priority":"normal","alert_type":"info","tags":[]}""",
                """checks {"check":"s","host_name":"h1","status":0,"timestamp":1796040000,"tags":[]}""",
            ],
            ItemsOf(parsed)
        );
        Assert.Equal(4, parsed.LeftOut);
    }

    [Theory]
    [InlineData(
        "_sc|Redis connection|2|d:1796039900|h:h1|#env:dev|m:timed out: 10s",
        """{"check":"Redis connection","host_name":"h1","status":2,"timestamp":1796039900,"message":"timed out: 10s","tags":["env:dev"]}"""
    )]
    [InlineData(
        "_sc|s|3|#host:h2,a|c:ci-1",
        """{"check":"s","host_name":"h2","status":3,"timestamp":1796040000,"tags":["a"]}"""
    )]
    public void AServiceCheckIsOneOfV1(string line, string json) => Assert.Equal([$"checks {json}"], Send(line));

    [Fact]
    public void AMetricWhoseNameBeginsAlikeIsAMetric() =>
        Assert.Equal(
            ["""v2 {"metric":"_score","type":3,"points":[{"timestamp":1796040000,"value":1}],"tags":[]}"""],
            Send("_score:1|g")
        );

    [Theory]
    [InlineData("_e{5,4:title|text", "an event is not _e{title length,text length}:title|text.")]
    [InlineData("_e{5}:title|text", "an event is not _e{title length,text length}:title|text.")]
    [InlineData("_e{a,4}:title|text", "an event is not _e{title length,text length}:title|text.")]
    [InlineData("_e{0,4}:|text", "an event has no title.")]
    [InlineData("_e{-5,4}:title|text", "an event's lengths, which are of UTF-8 bytes, do not fit its title and text.")]
    [InlineData("_e{5,-4}:title|text", "an event's lengths, which are of UTF-8 bytes, do not fit its title and text.")]
    [InlineData("_e{5,9}:title|text", "an event's lengths, which are of UTF-8 bytes, do not fit its title and text.")]
    [InlineData("_e{5,3}:title|text", "an event's lengths, which are of UTF-8 bytes, do not fit its title and text.")]
    [InlineData("_e{4,4}:title|text", "an event's lengths, which are of UTF-8 bytes, do not fit its title and text.")]
    [InlineData("_e{9,4}:title", "an event's lengths, which are of UTF-8 bytes, do not fit its title and text.")]
    [InlineData(
        "_e{9223372036854775807,9223372036854775807}:t|t",
        "an event's lengths, which are of UTF-8 bytes, do not fit its title and text."
    )]
    [InlineData("_sc|s", "a service check is not _sc|name|status.")]
    [InlineData("_sc||0|h:a", "a service check is not _sc|name|status.")]
    [InlineData("_sc|s|4|h:a", "a service check's status is none of 0, 1, 2, 3.")]
    [InlineData("_sc|s|01|h:a", "a service check's status is none of 0, 1, 2, 3.")]
    [InlineData("_sc|s|0", "a service check has no host, and there is no Agent to add its own: say |h:host.")]
    public void ALineThatIsNeitherIsRefusedByName(string line, string detail) =>
        Assert.Equal([$$"""malformed Line 1: {{detail}} {"dogstatsd.unread":"{{line}}"}"""], Refusals(line));

    [Fact]
    public void AnAggregationKeyHasAHundredCharacters()
    {
        Assert.Single(Send($"_e{{1,1}}:a|b|k:{new string('\u00fc', 100)}"));
        Assert.Contains(
            "aggregation_key exceeds 100 characters.",
            Refusals($"_e{{1,1}}:a|b|k:{new string('k', 101)}").Single(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("_e{1,1}:a|b|d:", -64_200, "")]
    [InlineData("_e{1,1}:a|b|d:", -64_201, "expired")]
    [InlineData("_e{1,1}:a|b|d:", 7_200, "")]
    [InlineData("_e{1,1}:a|b|d:", 7_201, "future")]
    [InlineData("_sc|s|0|h:h1|d:", -540, "")]
    [InlineData("_sc|s|0|h:h1|d:", -541, "expired")]
    [InlineData("_sc|s|0|h:h1|d:", 100_000, "")]
    public void EachHasTheWindowOfItsType(string line, int seconds, string reason)
    {
        line += $"{Now + seconds}";
        Assert.Equal(reason.Length == 0 ? 1 : 0, Send(line).Count);
        Assert.Equal(reason, string.Concat(Refusals(line).Select(refusal => refusal.Split(' ')[0])));
    }
}
