using System.Globalization;
using System.Text;
using System.Text.Json;
using Partner.Sending.Series;
using static Partner.Metrics.Tests.DogStatsdSamples;

namespace Partner.Metrics.Tests;

/// <summary>The seconds of counts of several requests, of which Datadog keeps the last of each (datadog-facts 3.2).</summary>
public sealed class CountSecondsTests
{
    private readonly Dictionary<SeriesKey, SeriesPoint> _stored = [];
    private long _room = 1_000_000;

    [Fact]
    public void RequestsOfOneSecondTakeASecondEach()
    {
        Assert.Equal(["c 0 1"], Send("c:1|c"));
        Assert.Equal(["c 1 2"], Send("c:2|c"));
        Assert.Equal(["c 2 3"], Send("c:3|c"));
        Assert.Equal(["c 9 4"], Send("c:4|c", after: 9));
    }

    [Fact]
    public void WhatDiffersIsNotInTheWay()
    {
        Assert.Equal(["c 0 1", "c 0 2", "c 0 3", "d 0 4"], Send("c:1|c\nc:2|c|#a\nc:3|c|#host:h\nd:4|c"));
        Assert.Equal(["g 0 1", "g 0 2"], Send("g:1|g").Concat(Send("g:2|g")));
    }

    // Datadog writes names and tags in its own way, and then there is one series.
    [Theory]
    [InlineData("h:1|h\nh.count:5|c", "h.max 0 1,h.median 0 1,h.avg 0 1,h.count 0 1,h.95percentile 0 1,h.count 1 5")]
    [InlineData("c:1|c|#Env:A\nc:2|c|#env:a", "c 0 1,c 1 2")]
    [InlineData("c-d:1|c\nc_d:2|c", "c-d 0 1,c_d 1 2")]
    [InlineData(
        "h:1|h\nh:1|ms",
        "h.max 0 1,h.median 0 1,h.avg 0 1,h.count 0 1,h.95percentile 0 1,h.max 0 1,h.median 0 1,h.avg 0 1,h.count 1 1,h.95percentile 0 1"
    )]
    public void WhatIsOneSeriesToDatadogTakesSecondsAsOne(string lines, string sent) =>
        Assert.Equal(sent, string.Join(',', Send(lines)));

    [Fact]
    public void WhereSecondsRunOutTheLastPointGrows()
    {
        for (var second = 0; second <= 10; second++)
        {
            Assert.Equal([$"c {second} 1"], Send("c:1|c"));
        }

        Assert.Equal(["c 10 2"], Send("c:1|c"));
        Assert.Equal(["c 10 3"], Send("c:1|c"));
        Assert.Equal(["c 11 1"], Send("c:1|c", after: 1));
    }

    [Fact]
    public void AnotherReplicaNeverGrowsAPointThatIsNotItsOwn()
    {
        for (var second = 0; second <= 10; second++)
        {
            Send("c:1|c");
        }

        Assert.Equal(["c 11 5"], Send("c:5|c", epoch: 2));
        Assert.Equal(["c 10 2"], Send("c:1|c"));
        Assert.Equal(["c 11 10"], Send("c:5|c", epoch: 2));
        Assert.Equal(["c 12 7"], Send("c:7|c", epoch: 3));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void WhateverComesWheneverTheLastPointsOfAllSecondsCountAll(int replicas)
    {
        var random = new Random(replicas);
        var points = new Dictionary<long, double>();
        var (total, now) = (0, 0);
        for (var i = 0; i < 5_000; i++)
        {
            now += random.Next(20) == 0 ? random.Next(3) : 0;
            var value = random.Next(1, 10);
            total += value;
            var sent = Send($"c:{value}|c", after: now, epoch: random.Next(1, replicas + 1)).Single().Split(' ');
            var second = long.Parse(sent[1], CultureInfo.InvariantCulture);
            Assert.InRange(second, now - 60, now + 10 + replicas);
            points[second] = double.Parse(sent[2], CultureInfo.InvariantCulture);
        }

        Assert.Equal(total, points.Values.Sum());
    }

    [Fact]
    public void WithoutRoomForTheSeriesItGoesOutAllTheSame()
    {
        _room = 0;
        Assert.Equal(["c 0 1"], Send("c:1|c"));
        Assert.Equal(["c 0 1"], Send("c:1|c"));
    }

    [Fact]
    public void ASumThatIsNoNumberIsNone()
    {
        for (var second = 0; second <= 10; second++)
        {
            Send("c:1e308|c");
        }

        Assert.Equal(["c 11 1E+308"], Send("c:1e308|c"));
    }

    /// <summary>Each point as its metric, its second after Now, and its value.</summary>
    private List<string> Send(string lines, int after = 0, long epoch = 1)
    {
        var body = Encoding.UTF8.GetBytes(lines);
        var keys = Parse(body, null, after, epoch).Continues;
        var series = new SeriesPoints(_stored, 0, _room);
        var parsed = Parse(body, series, after, epoch);
        Assert.Empty(parsed.Continues);
        foreach (var key in keys)
        {
            if (series.Find(key) is { } point)
            {
                // A commit that does not bring a later point fails.
                Assert.True(point.At > (_stored.GetValueOrDefault(key)?.At ?? 0));
                _stored[key] = point;
            }
        }

        return [.. ItemsOf(parsed).Select(item => TextOf(item["v2 ".Length..]))];
    }

    private static string TextOf(string series)
    {
        using var json = JsonDocument.Parse(series);
        var point = json.RootElement.GetProperty("points")[0];
        return $"{json.RootElement.GetProperty("metric").GetString()} {point.GetProperty("timestamp").GetInt64() - Now} {point.GetProperty("value").GetRawText()}";
    }
}
