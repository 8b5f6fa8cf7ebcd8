using System.Text;
using Partner.Sending;

namespace Partner.Events.Tests;

public sealed class EventsParserTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_767_323_045);
    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(17);
    private static readonly TimeSpan MaxAhead = TimeSpan.FromHours(2);

    [Theory]
    [InlineData("1767323045", 1767323045000)]
    [InlineData("1767323045.5", 1767323045500)]
    [InlineData("1767330245", 1767330245000)]
    [InlineData("1767261845", 1767261845000)]
    [InlineData("0", 0)]
    [InlineData("null", 0)]
    [InlineData("\"1767323045\"", 0)]
    public void TheTimeOfAnEventIsInSeconds(string time, long expected)
    {
        var body = $$"""{"title":"a","text":"b","date_happened":{{time}}}""";
        var parsed = EventsParser.Parse(Encoding.UTF8.GetBytes(body), Now, MaxAge, MaxAhead);
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
        var parsed = EventsParser.Parse(
            Encoding.UTF8.GetBytes($$"""{"title":"a","text":"b","date_happened":{{time}}}"""),
            Now,
            MaxAge,
            MaxAhead
        );
        Assert.Equal(new BodyRejection(400, "Event too far in the past"), parsed.Refusal);
    }

    [Theory]
    [InlineData("1767330246")]
    [InlineData("1767323046000")]
    [InlineData("1e300")]
    public void AnEventTooFarAheadIsRefused(string time)
    {
        var parsed = EventsParser.Parse(
            Encoding.UTF8.GetBytes($$"""{"title":"a","text":"b","date_happened":{{time}}}"""),
            Now,
            MaxAge,
            MaxAhead
        );
        Assert.Equal(new BodyRejection(400, "Event too far in the future"), parsed.Refusal);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("\u00fc")]
    [InlineData("\u20ac")]
    [InlineData("\U0001F600")]
    [InlineData("\\u00fc")]
    [InlineData("\\ud83d\\ude00")]
    [InlineData("\\n")]
    public void LimitsOfTextAreInCharactersHoweverTheyAreWritten(string character)
    {
        BodyRejection? Of(int text, int key) =>
            EventsParser
                .Parse(
                    Encoding.UTF8.GetBytes(
                        $$"""{"title":"a","text":"{{Repeat(text)}}","aggregation_key":"{{Repeat(key)}}"}"""
                    ),
                    Now,
                    MaxAge,
                    MaxAhead
                )
                .Refusal;
        string Repeat(int count) => string.Concat(Enumerable.Repeat(character, count));
        Assert.Null(Of(4_000, 100));
        Assert.Null(Of(4_001, 100));
        Assert.Equal(new BodyRejection(400, "aggregation_key exceeds 100 characters."), Of(4_000, 101));
    }
}
