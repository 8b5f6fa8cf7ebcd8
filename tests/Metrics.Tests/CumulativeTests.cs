using System.Globalization;
using System.Text;
using System.Text.Json;
using Partner.Sending.Series;
using static Partner.Metrics.Tests.OtlpSamples;

namespace Partner.Metrics.Tests;

/// <summary>What cumulative points add to the last ones of their series (datadog-facts 3.9 c).</summary>
public sealed partial class CumulativeTests
{
    private const int Cumulative = 2;

    private readonly Dictionary<SeriesKey, SeriesPoint> _stored = [];
    private DateTimeOffset _floor = Now - TimeSpan.FromMinutes(40);
    private long _room = 1_000_000;

    [Fact]
    public void ASumIsACountOfWhatWasAdded()
    {
        Assert.Equal(["7 over 60"], Send(Sum(0, 60, "7")));
        Assert.Equal(["0 over 60"], Send(Sum(0, 120, "7")));
        Assert.Equal(["2.5 over 0"], Send(Sum(0, 130.4, "9.5", "asDouble")));
    }

    [Fact]
    public void WholeNumbersAreSubtractedAsSuch()
    {
        Send(Sum(0, 60, "9007199254740993"));
        Assert.Equal(["2 over 60"], Send(Sum(0, 120, "9007199254740995")));
    }

    [Fact]
    public void SeveralPointsOfOneRequestFollowOnEachOther() =>
        Assert.Equal(["3 over 60", "4 over 60"], Send(Sum(0, 60, "3"), Sum(0, 120, "7")));

    [Theory]
    [InlineData(-3_000, "it began before anything of the connection was known")]
    [InlineData(60, "its start is its own time, which is one that nobody knows")]
    [InlineData(null, "it has no start")]
    public void TheFirstPointOfASeriesThatMayHaveCountedForLongOnlySaysWhereToCountFrom(int? start, string why)
    {
        var (stored, answer, leftOut) = SendAll(Sum(start, 60, "100"));
        Assert.Equal((why, 0, "{}", 1), (why, stored.Count, answer, leftOut));
        Assert.Equal(["11 over 60"], Send(Sum(start, 120, "111")));
    }

    [Fact]
    public void APointThatIsNotLaterThanTheLastTellsNothing()
    {
        Send(Sum(0, 60, "7"));
        Assert.Empty(Send(Sum(0, 60, "7")));
        Assert.Empty(Send(Sum(0, 59, "6")));
        Assert.Equal(["1 over 60"], Send(Sum(0, 120, "8")));
    }

    [Fact]
    public void AProcessThatBeginsAnewAndOneBesideItCountFromTheirOwnStarts()
    {
        Send(Sum(0, 60, "700"));
        Assert.Equal(["5 over 60"], Send(Sum(30, 90, "5")));
        Assert.Equal(["1 over 60"], Send(Sum(0, 120, "701")));
        Assert.Equal(["2 over 60"], Send(Sum(30, 150, "7")));
    }

    [Fact]
    public void WithoutAStartASmallerValueIsABeginningAndWithOneItIsNot()
    {
        Send(Sum(null, 60, "7"));
        Assert.Equal(["3 over 0"], Send(Sum(null, 120, "3")));
        Send(Sum(0, 180, "7"));
        Assert.Empty(Send(Sum(0, 240, "3")));
        Assert.Equal(["1 over 60"], Send(Sum(0, 300, "4")));
    }

    [Fact]
    public void APointThatIsTooOldToBeSentIsInTheNextOne()
    {
        _floor = Now - TimeSpan.FromHours(2);
        var (items, _, leftOut) = SendAll(Sum(-3_600, -3_500, "3"));
        Assert.Equal((0, 1), (items.Count, leftOut));
        Assert.Equal(["12 over 3600"], Send(Sum(-3_600, 0, "12")));
    }

    [Fact]
    public void APointOfTheFutureIsRefusedAndDoesNotStopItsSeries()
    {
        Send(Sum(0, 60, "7"));
        var (items, answer, _) = SendAll(Sum(0, 4_000, "9"));
        Assert.Empty(items);
        Assert.Contains("1 future (A cumulative data point is more than 10 minutes ahead.)", answer);
        Assert.Equal(["1 over 60"], Send(Sum(0, 120, "8")));
    }

    [Theory]
    [InlineData("""{"resource":"other"}""")]
    [InlineData("""{"scope":"other"}""")]
    [InlineData("""{"name":"other"}""")]
    [InlineData("""{"unit":"By"}""")]
    [InlineData("""{"attributes":"other"}""")]
    public void SeriesAreToldApartByAllThatMakesThemUp(string difference)
    {
        SendText(Request("{}"));
        Assert.Equal(["7"], SendText(Request(difference)).Select(ValueOf));
        Assert.Empty(SendText(Request(difference)));

        static string Request(string difference)
        {
            var other = JsonDocument.Parse(difference).RootElement;
            string Of(string name, string usual) =>
                other.TryGetProperty(name, out var value) ? value.GetString()! : usual;
            return $$"""
                {"resourceMetrics":[{"resource":{"attributes":[{{Attribute("host.name", Of("resource", "h"))}}]},"scopeMetrics":[{"scope":{"name":"{{Of(
                    "scope",
                    "s"
                )}}"},"metrics":[{"name":"{{Of("name", "c")}}","unit":"{{Of("unit", "s")}}","sum":{"isMonotonic":true,"aggregationTemporality":2,"dataPoints":[{"attributes":[{{Attribute(
                    "a",
                    Of("attributes", "b")
                )}}],"startTimeUnixNano":"{{Nano(Now.AddMinutes(-1))}}","timeUnixNano":"{{Nano(Now)}}","asInt":"7"}]} }]}]}]}
                """;
        }
    }

    [Fact]
    public void TheOrderOfAttributesIsNoDifference()
    {
        SendText(Request(Attribute("a", "1"), Attribute("b", "2"), 0));
        Assert.Equal(["0"], SendText(Request(Attribute("b", "2"), Attribute("a", "1"), 1)).Select(ValueOf));

        static string Request(string first, string second, int seconds) =>
            Of(
                $$"""{"attributes":[{{first}},{{second}}]}""",
                OtlpSamples.Sum(
                    "c",
                    Cumulative,
                    true,
                    $$"""{"attributes":[{{first}},{{second}}],"startTimeUnixNano":"{{Nano(Now.AddMinutes(-1))}}","timeUnixNano":"{{Nano(Now.AddSeconds(seconds))}}","asInt":"7"}"""
                )
            );
    }

    [Fact]
    public void ASummaryIsCountsOfWhatWasAddedAndGaugesOfItsQuantiles()
    {
        _floor = Now;
        Assert.Equal(["s.quantile 3 1 over 0 quantile:0.5"], Summary(60, "8", "15.5", 1));
        Assert.Equal(
            ["s.count 1 2 over 60 ", "s.sum 1 4.5 over 60 ", "s.quantile 3 2 over 0 quantile:0.5"],
            Summary(120, "10", "20", 2)
        );

        List<string> Summary(int at, string count, string sum, double median)
        {
            var fields = string.Create(
                CultureInfo.InvariantCulture,
                $$"""
                "count":"{{count}}","sum":{{sum}},"quantileValues":[{"quantile":0.5,"value":{{median}}}]
                """
            );
            var (items, _, _) = SendAll($$"""{"name":"s","summary":{"dataPoints":[{{At(0, at, fields)}}]} }""");
            using var json = JsonDocument.Parse($"[{Assert.Single(items)["v2 ".Length..]}]");
            return
            [
                .. json
                    .RootElement.EnumerateArray()
                    .Select(one =>
                        $"{one.GetProperty("metric")} {one.GetProperty("type")} {TextOf(one)} {string.Join(',', one.GetProperty("tags").EnumerateArray())}"
                    ),
            ];
        }
    }

    [Fact]
    [Trait("fault", "F14")]
    public void ANewSeriesIsRefusedWhereThereIsNoRoomAndTheOthersGoOn()
    {
        Send(Sum(0, 60, "7"));
        _room = 0;
        var (items, answer, _) = SendAll(
            Sum(0, 120, "8"),
            OtlpSamples.Sum("new", Cumulative, true, At(0, 120, "\"asInt\":\"1\""))
        );
        Assert.Equal("1", ValueOf(Assert.Single(items)));
        Assert.Contains("1 too_large (The connection has more cumulative series than are kept", answer);
    }

    [Fact]
    public void OfTheLastPointNothingIsKeptThatIsNotNeeded()
    {
        Send(
            OtlpSamples.Sum(
                "c",
                Cumulative,
                true,
                At(
                    0,
                    60,
                    $"\"asInt\":\"7\",\"attributes\":[{Attribute("a", "secret")}],\"exemplars\":[{{\"asInt\":1}}]"
                )
            )
        );
        Assert.DoesNotContain("secret", Encoding.UTF8.GetString(Assert.Single(_stored.Values).Bytes.Span));
        Assert.Equal(27, _stored.Values.Single().Bytes.Length);
    }

    private static string Attribute(string key, string value) =>
        $$$"""{"key":"{{{key}}}","value":{"stringValue":"{{{value}}}"}}""";

    /// <param name="start">Seconds after Now; null: it has none.</param>
    /// <param name="at">Seconds after Now.</param>
    private static string Sum(double? start, double at, string value, string kind = "asInt") =>
        OtlpSamples.Sum("c", Cumulative, true, At(start, at, $"\"{kind}\":\"{value}\""));

    private static string At(double? start, double at, string fields)
    {
        var began = start is { } seconds ? $"\"startTimeUnixNano\":\"{Nano(Now.AddSeconds(seconds))}\"," : "";
        return $$"""{"timeUnixNano":"{{Nano(Now.AddSeconds(at))}}",{{began}}{{fields}}}""";
    }

    private List<string> Send(params string[] metrics) => [.. SendAll(metrics).Items.Select(CountOf)];

    private List<string> SendText(string request) => SendBody(request).Items;

    private (List<string> Items, string Answer, int LeftOut) SendAll(params string[] metrics) =>
        SendBody(OtlpSamples.Request(metrics));

    private (List<string> Items, string Answer, int LeftOut) SendBody(string request)
    {
        var body = Encoding.UTF8.GetBytes(request);
        var keys = Parse(body, Json).Continues;
        var floor = _floor.ToUnixTimeMilliseconds() * 1_000_000;
        var series = new SeriesPoints(_stored, floor, _room);
        var parsed = Parse(body, Json, series);
        Assert.Null(parsed.Refusal);
        Assert.Empty(parsed.Continues);
        foreach (var key in keys)
        {
            if (series.Find(key) is { } point)
            {
                _stored[key] = point;
            }
        }

        return (ItemsOf(parsed), parsed.Answer!, parsed.LeftOut);
    }

    private static string ValueOf(string item) => CountOf(item).Split(' ')[0];

    private static string CountOf(string item)
    {
        using var json = JsonDocument.Parse(item["v2 ".Length..]);
        Assert.Equal(1, json.RootElement.GetProperty("type").GetInt32());
        return TextOf(json.RootElement);
    }

    private static string TextOf(JsonElement series) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{series.GetProperty("points")[0].GetProperty("value").GetDouble()} over {(series.TryGetProperty("interval", out var interval) ? interval.GetInt64() : 0)}"
        );
}
