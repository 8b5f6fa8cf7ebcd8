using System.Net;
using System.Text;
using Partner.Testing;

namespace Partner.Metrics.Tests;

/// <summary>The rows of the README's table that are OTLP's, and what arrives of it.</summary>
public sealed partial class MetricsContractTests
{
    private string GoodGauge => OtlpSamples.Gauge("g", At(0, "\"asInt\":1"));

    private string GoodHistogram =>
        OtlpSamples.Histogram("histogram", 1, At(0, "\"bucketCounts\":[1,2,0],\"explicitBounds\":[1,5],\"sum\":7"));

    private string GoodExponential =>
        OtlpSamples.Histogram(
            "exponentialHistogram",
            1,
            At(0, "\"count\":4,\"scale\":2,\"zeroCount\":1,\"positive\":{\"offset\":3,\"bucketCounts\":[1,2]}")
        );

    private string GoodSummary =>
        $$"""{"name":"s","summary":{"dataPoints":[{{At(0, "\"count\":2,\"sum\":3,\"quantileValues\":[{\"quantile\":0.5,\"value\":1}]")}}]} }""";

    private RequestCase[] OtlpCases =>
        [
            Otlp("OTLP, on `/v1/metrics`", OtlpSamples.Request(GoodGauge, GoodHistogram, GoodExponential, GoodSummary)),
            new(
                "OTLP, on `/v1/metrics`",
                OtlpSamples.Path,
                OtlpSamples.ToProtobuf(OtlpSamples.Request(GoodGauge, GoodHistogram, GoodExponential, GoodSummary)),
                OtlpSamples.Protobuf
            ),
            Otlp(
                "OTLP, on `/v1/metrics`",
                OtlpSamples.Request(OtlpSamples.Sum("c", 1, true, At(0, "\"asInt\":\"2\",\"startTimeUnixNano\":\"1\"")))
            ),
            Otlp("no data points", "{}"),
            new("no data points", OtlpSamples.Path, [], OtlpSamples.Protobuf),
            Otlp("what is not JSON", "{"),
            Otlp("JSON that is not OTLP", "[]"),
            new("protobuf that cannot be read to its end", OtlpSamples.Path, [0x0A, 0x05, 0x12], OtlpSamples.Protobuf),
            Otlp(
                "a cumulative sum or histogram whose last point is not known, or that is older than 58 min",
                OtlpSamples.Request(OtlpSamples.Sum("c", 2, true, At(0, "\"asInt\":1")))
            ),
            Otlp(
                "a cumulative sum or histogram whose last point is not known, or that is older than 58 min",
                OtlpSamples.Request(OtlpSamples.Histogram("histogram", 2, At(-3_500, "\"count\":1")), GoodGauge)
            ),
            Otlp(
                "beside others a cumulative data point more than 10 min ahead",
                OtlpSamples.Request(OtlpSamples.Sum("c", 2, true, At(700, "\"asInt\":1")), GoodGauge)
            ),
            Otlp(
                "beside others a histogram of more than 10,000 buckets",
                OtlpSamples.Request(
                    OtlpSamples.Histogram(
                        "histogram",
                        1,
                        At(0, $"\"count\":1,\"bucketCounts\":[{string.Join(',', Enumerable.Repeat(0, 10_001))}]")
                    ),
                    GoodGauge
                )
            ),
            Otlp(
                "beside others a data point that cannot be read, or has no time or finite number",
                OtlpSamples.Request(
                    "7",
                    OtlpSamples.Gauge("m", "null", "{}", At(0, "\"asDouble\":\"NaN\"")),
                    OtlpSamples.Histogram("histogram", 1, At(0, "\"bucketCounts\":[1],\"explicitBounds\":[1]")),
                    GoodGauge
                )
            ),
            new(
                "beside others a data point that cannot be read, or has no time or finite number",
                OtlpSamples.Path,
                [0x0A, 2, 0x08, 1, .. OtlpSamples.ToProtobuf(OtlpSamples.Request(GoodGauge))],
                OtlpSamples.Protobuf
            ),
            Otlp(
                "beside others a histogram of more than 100,000 observations",
                OtlpSamples.Request(
                    OtlpSamples.Histogram("histogram", 1, At(0, "\"count\":100001,\"sum\":1")),
                    GoodHistogram
                )
            ),
            Otlp(
                "a data point older than 58 min",
                OtlpSamples.Request(OtlpSamples.Gauge("g", At(-3_500, "\"asInt\":1"), At(0, "\"asInt\":1")))
            ),
            Otlp(
                "a data point more than 10 min ahead",
                OtlpSamples.Request(OtlpSamples.Gauge("g", At(700, "\"asInt\":1"), At(0, "\"asInt\":1")))
            ),
            Otlp(
                "a metric's name of more than 200 characters, in OTLP",
                OtlpSamples.Request(OtlpSamples.Gauge(new string('m', 201), At(0, "\"asInt\":1")), GoodGauge)
            ),
            Otlp(
                "a data point without a recorded value, or an exemplar",
                OtlpSamples.Request(
                    OtlpSamples.Gauge("g", At(0, "\"flags\":1"), At(0, "\"asInt\":1,\"exemplars\":[{}]"))
                )
            ),
            new("another Content-Type, on `/v1/metrics`", OtlpSamples.Path, "x", "text/plain"),
            new(
                "more than 20,000 ResourceMetrics and ScopeMetrics",
                OtlpSamples.Path,
                [.. Enumerable.Repeat(new byte[] { 0x0A, 0x00 }, 20_001).SelectMany(b => b)],
                OtlpSamples.Protobuf
            ),
            Otlp(
                "more than 100,000 data points",
                OtlpSamples.Request(OtlpSamples.Gauge("g", [.. Enumerable.Repeat("{}", 100_001)]))
            ),
            Otlp("more than 5,242,880 bytes of OTLP", new string(' ', 5_242_881)),
            Otlp(
                "data points that are more than 32,000,000 bytes as JSON",
                OtlpSamples.Request(
                    OtlpSamples.Histogram(
                        "histogram",
                        1,
                        [.. Enumerable.Repeat(At(0, "\"count\":100000,\"sum\":123456.789"), 40)]
                    )
                )
            ),
        ];

    private string At(int seconds, string fields) =>
        OtlpSamples.Point(fields, DateTimeOffset.FromUnixTimeSeconds(Now + seconds));

    private static RequestCase Otlp(string row, string body) => new(row, OtlpSamples.Path, body);

    [Fact]
    public async Task OneRequestOfOtlpArrivesAsSeriesAndAsDistributions()
    {
        var json = OtlpSamples.Request(GoodGauge, GoodHistogram);
        using var response = await PostAsync("/v1/metrics", Bytes(OtlpSamples.ToProtobuf(json), OtlpSamples.Protobuf));
        Assert.Equal(
            (HttpStatusCode.Accepted, OtlpSamples.Protobuf, ""),
            (
                response.StatusCode,
                response.Content.Headers.ContentType?.MediaType,
                await response.Content.ReadAsStringAsync()
            )
        );
        await Intake.WaitForAsync(2);
        Assert.Equal(
            [
                $$"""/api/v1/distribution_points text/json {"series":[{"metric":"h","points":[[{{Now}},[1,2,4]]],"tags":[]}]}""",
                $$"""/api/v2/series application/json {"series":[{"metric":"g","type":3,"points":[{"timestamp":{{Now}},"value":1}],"tags":[]}]}""",
            ],
            Intake
                .Taken.Select(r => $"{r.PathAndQuery} {r.ContentType} {Encoding.UTF8.GetString(r.Body)}")
                .Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task WhoWaitsForBothVariantsHearsOfBoth()
    {
        using var taken = await PostAsync(
            "/v1/metrics?wait=delivered",
            OtlpSamples.Request(GoodGauge, GoodHistogram, OtlpSamples.Gauge("bad", "{}"))
        );
        Assert.Equal(
            (HttpStatusCode.MultiStatus, "partial; delivered=2; rejected=1"),
            (taken.StatusCode, taken.Headers.GetValues("Delivery-Status").Single())
        );
        Assert.Equal(2, Intake.Taken.Count);
    }

    [Fact]
    public async Task BothVariantsAreCommittedTogetherOrNotAtAll()
    {
        await using var admin = Database.Server.OpenAdmin(Database.Name);
        await using var refuse = admin.CreateCommand(
            "ALTER TABLE metrics.segments ADD CONSTRAINT none CHECK (variant <> 'distributions')"
        );
        await refuse.ExecuteNonQueryAsync();
        using var response = await PostAsync("/v1/metrics", OtlpSamples.Request(GoodGauge, GoodHistogram));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(0, await Database.ScalarAsync<long>("SELECT count(*) FROM accepted"));
        Assert.Empty(Intake.Taken);
    }
}
