using System.Text;
using Partner.Sending;

namespace Partner.Events.Tests;

public sealed class EventsParserTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_767_323_045);
    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(17);

    [Theory]
    [InlineData("1767323045", 1767323045000)]
    [InlineData("1767323045.5", 1767323045500)]
    [InlineData("1767323046000", 1767323046000000)]
    [InlineData("1e300", 1000000000000000000)]
    [InlineData("1767261845", 1767261845000)]
    [InlineData("0", 0)]
    [InlineData("null", 0)]
    [InlineData("\"1767323045\"", 0)]
    public void TheTimeOfAnEventIsInSeconds(string time, long expected)
    {
        var body = $$"""{"title":"a","text":"b","date_happened":{{time}}}""";
        var parsed = EventsParser.Parse(Encoding.UTF8.GetBytes(body), Now, MaxAge);
        Assert.Null(parsed.Refusal);
        Assert.Equal([new Item(0, body.Length, expected)], parsed.Items);
    }

    [Theory]
    [InlineData("1767261844")]
    [InlineData("1")]
    [InlineData("-5")]
    [InlineData("-1e300")]
    public void AnEventBeyondTheWindowIsRefusedInDatadogsWords(string time)
    {
        var parsed = EventsParser.Parse(Encoding.UTF8.GetBytes($$"""{"title":"a","text":"b","date_happened":{{time}}}"""), Now, MaxAge);
        Assert.Equal(new Refusal(400, "Event too far in the past"), parsed.Refusal);
    }
}
