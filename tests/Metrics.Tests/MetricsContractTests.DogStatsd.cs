using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Partner.Testing;

namespace Partner.Metrics.Tests;

/// <summary>The rows of the README's table that are DogStatsD's, and what arrives of it.</summary>
public sealed partial class MetricsContractTests
{
    private string GoodLine => $"good:1|g|T{Now}";

    private RequestCase[] DogStatsdCases =>
        [
            Lines("lines of DogStatsD, on `/dogstatsd/v2/proxy`", $"a:1:2|c|@0.5|#a:b|T{Now}", $"a:1|g|T{Now}\r"),
            Lines(
                "lines of DogStatsD, on `/dogstatsd/v2/proxy`",
                $"_e{{1,4}}:a|b\\nc|d:{Now}|p:low|t:error|#a:b",
                $"_sc|s|1|h:h1|d:{Now}|m:text"
            ),
            Lines(
                "lines of DogStatsD, on `/dogstatsd/v2/proxy`",
                "a:1|c",
                "a:2.5|h|#host:h1,device:d",
                "a:3|ms|@0.1",
                "a:4:5|d",
                "a:x|s",
                "_e{1,1}:a|b",
                "_sc|s|0|h:h1"
            ) with
            {
                IsStamped = true,
            },
            Lines("no lines"),
            Lines("no lines", "", "\r", ""),
            Lines("nothing but a line that is none", "a", "b:1|x"),
            .. BadLines.Select(bad => Lines("beside others a line that is none", bad, GoodLine)),
            Lines("beside others a line's name of more than 200 characters", $"{new string('m', 201)}:1|g", GoodLine),
            Lines("beside others a line of more than 100,000 values of a distribution", "d:1|d|@0.000001", GoodLine),
            Lines(
                "a field of an event or check that is not what it should be",
                "_e{1,1}:a|b|d:soon|p:high|t:fatal",
                "_sc|s|0|h:h1|d:soon"
            ) with
            {
                IsStamped = true,
            },
            Lines("a line's timestamp older than 58 min", $"a:1|c|T{Now - 3_500}", GoodLine),
            Lines("a line's timestamp more than 10 min ahead", $"a:1|g|T{Now + 700}", GoodLine),
            Lines(
                "a line's event older than 17 h 50 min, or check older than 9 min",
                $"_e{{1,1}}:a|b|d:{Now - 64_300}",
                $"_sc|s|0|h:h1|d:{Now - 560}",
                GoodLine
            ),
            Lines("a line's event more than 2 h ahead", $"_e{{1,1}}:a|b|d:{Now + 7_300}", GoodLine),
            Lines("more than 100,000 lines", new string('\n', 100_001)),
            Lines("more than 5,242,880 bytes of lines", new string(' ', 5_242_881)),
            Lines(
                "lines that are more than 16,000,000 bytes as JSON",
                [.. Enumerable.Range(0, 40_000).Select(i => $"m{i}:1|h")]
            ),
        ];

    private static string[] BadLines =>
        [
            "nonsense",
            "a:1|x",
            "a:NaN|g",
            "a:1|c|@2",
            "a:1|c|T0",
            "_e{1,9}:a|b",
            "_sc|s|9|h:h1",
            "_sc|s|0",
            "{\"series\":[]}",
        ];

    protected override string? AnswerTypeOf(string path) =>
        path == DogStatsdSamples.Path ? null : base.AnswerTypeOf(path);

    [Fact]
    public async Task OneRequestOfLinesArrivesInFourForms()
    {
        var body = string.Join(
            '\n',
            "c:1|c|#a:b",
            "d:1:2|d",
            "_e{1,1}:a|b",
            "_sc|s|0|h:h1",
            "c:2|c|#a:b",
            "_e{1,1}:c|d",
            "_sc|t|1|#host:h2",
            ""
        );
        using var response = await PostAsync(DogStatsdSamples.Path, body, "application/octet-stream");
        Assert.Equal((HttpStatusCode.OK, ""), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        await Intake.WaitForAsync(5);
        Assert.Equal(
            [
                """/api/v1/check_run application/json [{"check":"s","host_name":"h1","status":0,"timestamp":N,"tags":[]},{"check":"t","host_name":"h2","status":1,"timestamp":N,"tags":[]}]""",
                """/api/v1/distribution_points text/json {"series":[{"metric":"d","points":[[N,[1,2]]],"tags":[]}]}""",
                """/api/v1/events application/json {"title":"a","text":"b","date_happened":N,"priority":"normal","alert_type":"info","tags":[]}""",
                """/api/v1/events application/json {"title":"c","text":"d","date_happened":N,"priority":"normal","alert_type":"info","tags":[]}""",
                """/api/v2/series application/json {"series":[{"metric":"c","type":1,"points":[{"timestamp":N,"value":3}],"tags":["a:b"]}]}""",
            ],
            Intake
                .Taken.Select(r =>
                    $"{r.PathAndQuery} {r.ContentType} {SecondsOfNow().Replace(Encoding.UTF8.GetString(r.Body), "N")}"
                )
                .Order(StringComparer.Ordinal)
        );
        // No cumulative metric began with it.
        Assert.Equal(0, await Database.ScalarAsync<long>("SELECT count(*) FROM series_floors"));
    }

    [Fact]
    public async Task AllFormsAreCommittedTogetherOrNotAtAll()
    {
        await using var admin = Database.Server.OpenAdmin(Database.Name);
        await using var refuse = admin.CreateCommand(
            "ALTER TABLE metrics.segments ADD CONSTRAINT none CHECK (variant <> 'checks')"
        );
        await refuse.ExecuteNonQueryAsync();
        using var response = await PostAsync(DogStatsdSamples.Path, "c:1|c\n_e{1,1}:a|b\n_sc|s|0|h:h1");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(0, await Database.ScalarAsync<long>("SELECT count(*) FROM accepted"));
        Assert.Equal(0, await Database.ScalarAsync<long>("SELECT count(*) FROM series_points"));
        Assert.Empty(Intake.Taken);
    }

    [Fact]
    public async Task OfARefusedEventNothingElseSuffersAndNothingIsSentTwice()
    {
        Intake.Answer = request =>
            Task.FromResult(
                Encoding.UTF8.GetString(request.Body).Contains("\"bad\"", StringComparison.Ordinal)
                    ? HttpStatusCode.BadRequest
                    : HttpStatusCode.Accepted
            );
        using var response = await PostAsync(
            DogStatsdSamples.Path,
            $"{GoodLine}\n_e{{3,1}}:bad|b\n_e{{4,1}}:good|b|d:{Now - 7_200}\n_sc|s|0|h:h1"
        );
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await WaitUntilSettledAsync();
        // The good one is older than a point may be.
        Assert.Equal(
            ["/api/v1/check_run", "/api/v1/events", "/api/v2/series"],
            Intake.Taken.Select(r => r.PathAndQuery).Order(StringComparer.Ordinal)
        );
        Assert.Equal("rejected", await DeadLettersAsync(Connection));
    }

    [Fact]
    public async Task ChecksShareARequestByTheHundred()
    {
        var checks = Enumerable.Range(0, 250).Select(i => $"_sc|s{i}|0|h:h1");
        using var response = await PostAsync(DogStatsdSamples.Path, string.Join('\n', checks));
        await WaitUntilSettledAsync();
        Assert.Equal([100, 100, 50], Intake.Taken.Select(r => Array(r.Body)));

        static int Array(byte[] body)
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.GetArrayLength();
        }
    }

    [Fact]
    public async Task WhatRequestsOfOneSecondCountAllArrivesByWhicheverReplicaTheyAreTaken()
    {
        const int Requests = 120;
        await using var other = await StartAsync();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Requests),
            new ParallelOptions { MaxDegreeOfParallelism = 30 },
            async (i, _) => await CountAsync(i % 3 == 0 ? other : App, $"c:{i}|c\nh:1:2|h")
        );
        await WaitUntilSettledAsync();

        // As Datadog has them: of each second the last.
        var points = new Dictionary<(string, long), double>();
        foreach (var request in Intake.Taken)
        {
            using var json = JsonDocument.Parse(request.Body);
            foreach (var series in json.RootElement.GetProperty("series").EnumerateArray())
            {
                var point = series.GetProperty("points")[0];
                points[(series.GetProperty("metric").GetString()!, point.GetProperty("timestamp").GetInt64())] = point
                    .GetProperty("value")
                    .GetDouble();
            }
        }

        double Sum(string metric) => points.Where(p => p.Key.Item1 == metric).Sum(p => p.Value);
        Assert.Equal((Requests * (Requests - 1) / 2, 2 * Requests), (Sum("c"), Sum("h.count")));
        await other.StopAsync();
    }

    [Fact]
    public void EachVariantHasItsWindowAndEventsShareNoLetter()
    {
        var sender = new MetricsSender();
        Assert.Equal(
            [TimeSpan.FromMinutes(58), TimeSpan.FromMinutes(58), TimeSpan.FromMinutes(1_070), TimeSpan.FromMinutes(9)],
            new[] { MetricsSender.V2, MetricsSender.Distributions, MetricsSender.Events, MetricsSender.Checks }.Select(
                sender.WindowOf
            )
        );
        Assert.Null(sender.DeadLetterSeparatorOf(MetricsSender.Events));
        Assert.Equal(","u8.ToArray(), sender.DeadLetterSeparatorOf(MetricsSender.Checks)!.Value.ToArray());
    }

    private async Task CountAsync(WebApplication replica, string lines)
    {
        using var response = await PostAsync(replica, DogStatsdSamples.Path, Text(lines, "text/plain"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static RequestCase Lines(string row, params string[] lines) =>
        new(row, DogStatsdSamples.Path, string.Join('\n', lines), "text/plain");

    [GeneratedRegex("[0-9]{10}")]
    private static partial Regex SecondsOfNow();
}
