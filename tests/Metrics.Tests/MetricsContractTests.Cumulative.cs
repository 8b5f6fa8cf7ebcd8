using System.Net;
using System.Text.Json;
using Partner.Testing;

namespace Partner.Metrics.Tests;

/// <summary>Cumulative metrics through more than one replica.</summary>
public sealed partial class MetricsContractTests
{
    private const int Steps = 60;

    [Fact]
    [Trait("fault", "F7")]
    public async Task WhatCumulativeSeriesCountArrivesOnceHoweverOftenAndByWhicheverReplicaItIsTaken()
    {
        await using var other = await StartAsync();
        var random = new Random(7);
        // Each export four times, at once and out of order, as a client does that gives up early and tries again.
        var exports = Enumerable.Range(1, Steps).SelectMany(step => Enumerable.Repeat(step, 4)).ToArray();
        random.Shuffle(exports);
        await Parallel.ForEachAsync(
            exports.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (export, _) => await ExportAsync(export.Index % 2 == 0 ? App : other, export.Item)
        );
        await ExportAsync(other, Steps);
        await WaitUntilSettledAsync();

        var (count, observations) = (0.0, 0);
        foreach (var request in Intake.Taken)
        {
            using var json = JsonDocument.Parse(request.Body);
            foreach (var series in json.RootElement.GetProperty("series").EnumerateArray())
            {
                var point = series.GetProperty("points")[0];
                if (request.PathAndQuery == V2)
                {
                    count += point.GetProperty("value").GetDouble();
                }
                else
                {
                    observations += point[1].GetArrayLength();
                }
            }
        }

        Assert.Equal((10.0 * Steps, 2 * Steps), (count, observations));
        Assert.Equal(2, await Database.ScalarAsync<long>("SELECT count(*) FROM series_points"));
        await other.StopAsync();
    }

    [Fact]
    public async Task ASeriesGoesOnAfterARestart()
    {
        await ExportAsync(App, 1);
        await App.StopAsync();
        await using var next = await StartAsync();
        await ExportAsync(next, 3);
        await WaitUntilSettledAsync();
        Assert.Equal([10, 20], Intake.Taken.Where(r => r.PathAndQuery == V2).SelectMany(r => V2Values(r.Body)).Order());
        await next.StopAsync();
    }

    [Fact]
    public async Task WhatIsRefusedOrFailsLeavesTheSeriesAsItWas()
    {
        await ExportAsync(App, 1);
        using (
            var strict = await PostAsync(
                OtlpSamples.Path,
                OtlpSamples.Request(Counter(2), OtlpSamples.Gauge("bad", At(0, "\"asDouble\":\"NaN\""))),
                strict: true
            )
        )
        {
            Assert.Equal(HttpStatusCode.BadRequest, strict.StatusCode);
        }

        // Beside a point that is refused a first one counts from then on, though nothing of the request is sent.
        using (
            var first = await PostAsync(
                OtlpSamples.Path,
                OtlpSamples.Request(
                    OtlpSamples.Sum("late", 2, true, At(0, "\"asInt\":7")),
                    OtlpSamples.Gauge("bad", At(0, "\"asDouble\":\"NaN\""))
                )
            )
        )
        {
            Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);
        }

        await BeginOutageAsync();
        using (var away = await PostAsync(OtlpSamples.Path, OtlpSamples.Request(Counter(3))))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);
        }

        EndOutage();
        await ExportAsync(App, 4);
        await WaitUntilSettledAsync();
        Assert.Equal([10, 30], Intake.Taken.Where(r => r.PathAndQuery == V2).SelectMany(r => V2Values(r.Body)).Order());
        Assert.Equal(3, await Database.ScalarAsync<long>("SELECT count(*) FROM series_points"));
    }

    /// <summary>Until it is taken: the time of a step is a second of the last minutes.</summary>
    private async Task ExportAsync(Microsoft.AspNetCore.Builder.WebApplication replica, int step)
    {
        var at = Now - 200 + step;
        var start = OtlpSamples.Nano(DateTimeOffset.FromUnixTimeSeconds(Now - 300));
        var histogram = OtlpSamples.Histogram(
            "histogram",
            2,
            $$"""{"timeUnixNano":"{{OtlpSamples.Nano(DateTimeOffset.FromUnixTimeSeconds(at))}}","startTimeUnixNano":"{{start}}","count":{{2 * step}},"bucketCounts":[{{step}},{{step}}],"explicitBounds":[1]}"""
        );
        await Until.AnsweredAsync(
            async () =>
            {
                using var response = await PostAsync(
                    replica,
                    OtlpSamples.Path,
                    Json(OtlpSamples.Request(Counter(step), histogram))
                );
                return response.StatusCode;
            },
            status => status == HttpStatusCode.Accepted
        );
    }

    private string Counter(int step)
    {
        var start = OtlpSamples.Nano(DateTimeOffset.FromUnixTimeSeconds(Now - 300));
        return OtlpSamples.Sum(
            "c",
            2,
            true,
            At(step - 200, $"\"startTimeUnixNano\":\"{start}\",\"asInt\":\"{10 * step}\"")
        );
    }

    private static ByteArrayContent Json(string body) =>
        new(System.Text.Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new("application/json") } };

    private static IEnumerable<double> V2Values(byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        return
        [
            .. json
                .RootElement.GetProperty("series")
                .EnumerateArray()
                .Select(series => series.GetProperty("points")[0].GetProperty("value").GetDouble()),
        ];
    }
}
