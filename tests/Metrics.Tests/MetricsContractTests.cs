using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Partner.Sending;
using Partner.Testing;
using Partner.Testing.Fuzzing;

namespace Partner.Metrics.Tests;

public sealed class MetricsContractTests : OutboxSenderContract
{
    // One for each test: what it sends and what it expects are of the same second, however long the others have run.
    private long Now { get; } = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    private const string V1 = "/api/v1/series";
    private const string V2 = "/api/v2/series";
    private const string Distributions = "/api/v1/distribution_points";

    protected override string Name => "metrics";

    protected override string Product => "Api";

    protected override (string Path, HttpStatusCode Success, string Body)[] ValidRequests =>
        [
            ("/api/v1/series", HttpStatusCode.Accepted, Series($$"""{"metric":"a","points":[[{{Now}},1]]}""")),
            (
                "/api/v2/series",
                HttpStatusCode.Accepted,
                Series($$"""{"metric":"b","points":[{"timestamp":{{Now}},"value":1}]}""")
            ),
            (
                "/api/v1/distribution_points",
                HttpStatusCode.Accepted,
                Series($$"""{"metric":"c","points":[[{{Now}},[1,2.5]]]}""")
            ),
        ];

    protected override (string Path, HttpStatusCode Status, string Body, string Answer)[] BadRequests =>
        [
            ("/api/v1/series", HttpStatusCode.BadRequest, "", Error("The body is empty.")),
            ("/api/v1/series", HttpStatusCode.BadRequest, "[]", Error("The body is not a JSON object.")),
            ("/api/v1/series", HttpStatusCode.BadRequest, "{}", Error("series is required.")),
            ("/api/v2/series", HttpStatusCode.BadRequest, """{"series":{}}""", Error("series is not an array.")),
            ("/api/v2/series", HttpStatusCode.BadRequest, """{"series":[1]}""", Error("series[0] is not an object.")),
            ("/api/v2/series", HttpStatusCode.BadRequest, """{"series":[""", Error("The body is not valid JSON.")),
            ("/api/v2/series", HttpStatusCode.BadRequest, """{"series":[]} {}""", Error("The body is not valid JSON.")),
            (
                "/api/v1/series",
                HttpStatusCode.BadRequest,
                Series("""{"points":[[1,2]]}"""),
                Error("series[0].metric is required.")
            ),
            (
                "/api/v1/series",
                HttpStatusCode.BadRequest,
                Series("""{"metric":"a"}"""),
                Error("series[0].points is required.")
            ),
            (
                "/api/v1/series",
                HttpStatusCode.BadRequest,
                Series("""{"metric":"a","points":[[1,NaN]]}"""),
                Error("The body is not valid JSON.")
            ),
            (
                "/api/v1/series",
                HttpStatusCode.BadRequest,
                Series("""{"metric":"a","points":[[1,1e999]]}"""),
                Error(Points)
            ),
            (
                "/api/v1/series",
                HttpStatusCode.BadRequest,
                Series("""{"metric":"a","points":[[1,2,3]]}"""),
                Error(Points)
            ),
            (
                "/api/v2/series",
                HttpStatusCode.BadRequest,
                Series("""{"metric":"a","points":[{"timestamp":1}]}"""),
                Error(Points)
            ),
            ("/api/v2/series", HttpStatusCode.BadRequest, Series("""{"metric":"a","points":[[1,2]]}"""), Error(Points)),
            (
                "/api/v1/distribution_points",
                HttpStatusCode.BadRequest,
                Series("""{"metric":"a","points":[[1,2]]}"""),
                Error(Points)
            ),
            (
                "/api/v2/series",
                HttpStatusCode.RequestEntityTooLarge,
                new string(' ', 5_242_881),
                Error("The payload exceeds 5242880 bytes uncompressed.")
            ),
        ];

    protected override (string Path, int Bytes)[] MaxBytes =>
        [(V1, 62_914_560), (V2, 5_242_880), (Distributions, 62_914_560)];

    protected override RequestCase[] Cases =>
        [
            new("series, on `/api/v1/series`", V1, Series($$"""{"metric":"a","points":[[{{Now}},1]]}""")),
            new(
                "series, on `/api/v2/series`",
                V2,
                Series($$"""{"metric":"a","points":[{"timestamp":{{Now}},"value":1}]}""")
            ),
            new("series, on `/api/v2/series`", V2, Protobuf.Series("a", Now, 1), "application/x-protobuf"),
            new(
                "series, on `/api/v1/distribution_points`",
                Distributions,
                Series($$"""{"metric":"a","points":[[{{Now}},[1,2]]]}""")
            ),
            // Half of a surrogate pair, as a text is written that was cut within an emoji.
            new(
                "series, on `/api/v1/series`",
                V1,
                $$"""{"\ud83d":1,"series":[{"metric":"a\ud83d","points":[[{{Now}},1]],"\ud83d":1}]}"""
            ),
            new(
                "series, on `/api/v2/series`",
                V2,
                Series($$"""{"metric":"a","points":[{"timestamp":{{Now}},"value":1,"\ud83d":1}],"points\ud83d":0}""")
            ),
            new(
                "series, on `/api/v1/distribution_points`",
                Distributions,
                Series($$"""{"metric":"a","points":[[{{Now}},[1,2]]],"metric\ud83d":0}""")
            ),
            new("no series: `[]`", V1, Series("")),
            new("an empty body", V2, ""),
            new("an empty body", V2, "", "application/x-protobuf"),
            new("what is not JSON", V1, "{"),
            new("what is not a MetricPayload", V2, [0x0A], "application/x-protobuf"),
            new("another JSON value than an object", V1, "[]"),
            new("no `series`", V1, "{}"),
            new("`series` that is not an array", V1, """{"series":{}}"""),
            new("nothing but a series that is not an object", V1, Series("1")),
            new("nothing but a series without `metric`", V1, Series("""{"points":[[1,2]]}""")),
            new("nothing but a series without `metric`", V2, Protobuf.Series("", Now, 1), "application/x-protobuf"),
            new("nothing but a series without points", V1, Series("""{"metric":"a","points":[]}""")),
            new("nothing but a point of another form", V1, Series("""{"metric":"a","points":[[1,2,3]]}""")),
            new("nothing but a point of another form", V2, Series("""{"metric":"a","points":[[1,2]]}""")),
            new("nothing but a point of another form", Distributions, Series("""{"metric":"a","points":[[1,2]]}""")),
            new("nothing but a value that is not finite", V1, Series("""{"metric":"a","points":[[1,1e999]]}""")),
            new(
                "nothing but NaN or infinite, in protobuf",
                V2,
                Protobuf.Series("a", Now, double.NaN),
                "application/x-protobuf"
            ),
            .. BadSeries.Select(bad => new RequestCase(
                "any of these beside a good series",
                V1,
                Series($$"""{{bad}},{"metric":"good","points":[[{{Now}},1]]}""")
            )),
            .. BadPoints.Select(bad => new RequestCase(
                "any of these beside a good point",
                V1,
                Series($$"""{"metric":"a","points":[{{bad}},[{{Now}},1]]}""")
            )),
            new(
                "any of these beside a good series",
                V2,
                Series(
                    $$"""{"metric":"a","points":[{"timestamp":{{Now}},"value":null}]},{"metric":"good","points":[{"timestamp":{{Now}},"value":1}]}"""
                )
            ),
            new(
                "any of these beside a good series",
                Distributions,
                Series($$"""{"metric":"nan","points":[[{{Now}},[null]]]},{"metric":"good","points":[[{{Now}},[1]]]}""")
            ),
            new(
                "any of these beside a good series",
                V2,
                [.. Protobuf.Series("", Now, 1), .. Protobuf.Series("a", Now, 1)],
                "application/x-protobuf"
            ),
            new(
                "any of these beside a good series",
                V2,
                [.. Protobuf.Field(1, [0x12, 0x05]), .. Protobuf.Series("a", Now, 1)],
                "application/x-protobuf"
            ),
            new(
                "any of these beside a good point",
                V2,
                Protobuf.Series("a", (Now, double.NaN), (Now, 1)),
                "application/x-protobuf"
            ),
            new("a value of null on v1", V1, Series($$"""{"metric":"nan","points":[[{{Now}},null],[{{Now}},1]]}""")),
            new(
                "a series of more than 10,000 points",
                V1,
                Series($$"""{"metric":"a","points":[{{string.Join(',', Enumerable.Repeat($"[{Now},1]", 10_001))}}]}""")
            ),
            new(
                "more than 100,000 series",
                V1,
                Series(string.Join(',', Enumerable.Repeat($$"""{"metric":"a","points":[[{{Now}},1]]}""", 100_001)))
            ),
            new("more than 62,914,560 bytes on v1", V1, new string(' ', 62_914_561)),
            new("more than 5,242,880 bytes on v2", V2, new string(' ', 5_242_881)),
            new(
                "a point older than 58 min",
                V1,
                Series($$"""{"metric":"a","points":[[{{Now - 3_500}},1],[{{Now}},2]]}""")
            ),
            new(
                "a point more than 10 min ahead",
                V1,
                Series($$"""{"metric":"a","points":[[{{Now + 700}},1],[{{Now}},2]]}""")
            ),
            new(
                "a metric's name of more than 200 characters",
                V1,
                Series(
                    $$"""{"metric":"{{new string('m', 201)}}","points":[[{{Now}},1]]},{"metric":"a","points":[[{{Now}},1]]}"""
                )
            ),
            new(
                "a metric's name of more than 200 characters",
                V2,
                Protobuf.Series(new string('\u00fc', 201), Now, 1),
                "application/x-protobuf"
            ),
        ];

    private static string[] BadSeries =>
        [
            "1",
            "null",
            "[]",
            "{}",
            """{"points":[[1,2]]}""",
            """{"metric":1,"points":[[1,2]]}""",
            """{"metric":"a"}""",
            """{"metric":"a","points":[]}""",
            """{"metric":"a","points":{}}""",
            """{"metric":"a","points":[null]}""",
            """{"metric":"a","points":[[1,2]],"points":[]}""",
            """{"metric":"a","points":[[1,1e999]]}""",
        ];

    private static string[] BadPoints =>
        [
            "1",
            "null",
            "[]",
            "[1]",
            "[null,1]",
            "[1,2,3]",
            "[1,\"2\"]",
            "[1,[2]]",
            "{\"timestamp\":1,\"value\":2}",
            "[1,1e999]",
        ];

    private static string Points =>
        "series[0].points is not what it should be: each a timestamp in seconds and what was measured.";

    protected override bool IsReadable(IntakeRequest request) =>
        request.ContentType == "application/x-protobuf"
            ? MessagesOf(request.Body, 1).All(series => MessagesOf(series, 2).LastOrDefault() is { Length: > 0 })
            : base.IsReadable(request);

    private static IEnumerable<byte[]> MessagesOf(byte[] message, int number) =>
        ProtobufFields
            .Read(message)!
            .Where(field => field.Number == number && field.Wire == 2)
            .Select(field => field.Content);

    protected override void Add(IHostApplicationBuilder builder) => builder.AddSending(new MetricsSender());

    protected override void Map(IEndpointRouteBuilder routes) => routes.MapSending();

    private static string Error(string detail) => $$"""{"errors":["{{detail}}"]}""";

    private static string Series(string series) => $$"""{"series":[{{series}}]}""";

    [Fact]
    public async Task EachFormGoesOutAsItCameByteForByte()
    {
        var v1 =
            $$"""{ "metric":"system.load.1", "points":[[{{Now}}, 1.10], [ {{Now - 10}},1e2 ]],"type":"rate","interval":20,"host":"h","tags":["a:b"] }""";
        var v2 =
            $$"""{"metric":"system.load.1","type":0,"points":[{"value":0.70,"timestamp":{{Now}}}],"resources":[{"name":"dummyhost","type":"host"}]}""";
        var distribution = $$"""{"metric":"d","points":[[{{Now}},[1.0, 2.0]]],"host":"h"}""";
        byte[] protobuf = [.. Protobuf.Series("m.one", Now, 0.5), .. Protobuf.Series("m.two", Now - 1, 2)];
        await AcceptedAsync("/api/v1/series", Text(Series(v1), "text/json"), """{"status":"ok"}""", 1);
        await AcceptedAsync("/api/v2/series", Text(Series(v2), "application/json"), """{"errors":[]}""", 2);
        await AcceptedAsync(
            "/api/v1/distribution_points",
            Text(Series(distribution), "text/json"),
            """{"status":"ok"}""",
            3
        );
        await AcceptedAsync("/api/v2/series", Bytes(protobuf, "application/x-protobuf"), """{"errors":[]}""", 4);
        Assert.Equal(
            [
                ("/api/v1/series", "text/json", Series(v1)),
                ("/api/v2/series", "application/json", Series(v2)),
                ("/api/v1/distribution_points", "text/json", Series(distribution)),
                ("/api/v2/series", "application/x-protobuf", Encoding.Latin1.GetString(protobuf)),
            ],
            Intake.Taken.Select(r => (r.PathAndQuery, r.ContentType!, Encoding.Latin1.GetString(r.Body)))
        );
    }

    [Fact]
    public async Task PointsOutsideTheWindowBecomeDeadLettersAndTheOthersGoOn()
    {
        var body =
            $$"""{"metric":"mixed","points":[[{{Now - 3_600}},1],[{{Now - 60}},2],[{{Now + 700}},3],[{{Now}},4]],"tags":["a:b"]}""";
        await AcceptedAsync("/api/v1/series", Text(Series(body), "application/json"), """{"status":"ok"}""", 1);
        Assert.Equal(
            Series($$"""{"metric":"mixed","points":[[{{Now - 60}},2],[{{Now}},4]],"tags":["a:b"]}"""),
            Encoding.UTF8.GetString(Assert.Single(Intake.Taken).Body)
        );
        Assert.Equal(
            $$"""expired {"metric":"mixed","points":[[{{Now - 3_600}},1]],"tags":["a:b"]} future {"metric":"mixed","points":[[{{Now + 700}},3]],"tags":["a:b"]}""",
            await Database.ScalarAsync<string>(
                "SELECT string_agg(reason || ' ' || convert_from(item, 'UTF8'), ' ' ORDER BY id) FROM dead_letters"
            )
        );
        using var strict = await PostAsync("/api/v1/series", Series(body), strict: true);
        Assert.Equal(
            (HttpStatusCode.BadRequest, Error("2 of 3 items are older or newer than Datadog takes.")),
            (strict.StatusCode, await strict.Content.ReadAsStringAsync())
        );
    }

    // What follows from it, Sending's KeyGuardTests show.
    [Fact]
    [Trait("fault", "F11")]
    public void ItsKeysAreValidatedForTheIntakeAnswers202ToADeadOne() => Assert.True(new MetricsSender().ValidatesKeys);

    [Fact]
    public async Task OrderIsKeptThroughARetry()
    {
        var failures = 1;
        Intake.Answer = _ =>
            Task.FromResult(
                Interlocked.Decrement(ref failures) >= 0 ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.Accepted
            );
        for (var i = 0; i < 30; i++)
        {
            using var response = await PostAsync(
                "/api/v1/series",
                Series($$"""{"metric":"m","points":[[{{Now}},{{i}}]]}""")
            );
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        }

        List<int> Values() => [.. Intake.Taken.SelectMany(r => JsonValues(r.Body))];
        await Until.TrueAsync(() => Values().Count >= 30);

        Assert.Equal(Enumerable.Range(0, 30), Values());
    }

    [Fact]
    public async Task ABatchHasNoMorePointsThanTheIntakeTakes()
    {
        var points = string.Join(',', Enumerable.Repeat($"[{Now},1]", 4_000));
        var one = $$"""{"metric":"m","points":[{{points}}]}""";
        await AcceptedAsync(
            "/api/v1/series",
            Text(Series(string.Join(',', Enumerable.Repeat(one, 5))), "text/json"),
            """{"status":"ok"}""",
            3
        );
        Assert.Equal([2, 2, 1], Intake.Taken.Select(r => JsonValues(r.Body).Count / 4_000));
    }

    [Fact]
    public async Task ABatchThatIsTooLargeOnTheWireIsHalved()
    {
        var random = new Random(1);
        string Noise() => string.Concat(Enumerable.Range(0, 200_000).Select(_ => (char)random.Next('a', 'z')));
        var series = Enumerable
            .Range(0, 10)
            .Select(_ => $$"""{"metric":"m","points":[[{{Now}},1]],"tags":["{{Noise()}}"]}""");
        using var response = await PostAsync("/api/v1/series", Series(string.Join(',', series)));
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await Until.TrueAsync(() => Intake.Taken.Sum(r => JsonValues(r.Body).Count) >= 10);

        Assert.Equal(10, Intake.Taken.Sum(r => JsonValues(r.Body).Count));
        Assert.All(Intake.Taken, r => Assert.InRange(Compressed(r.Body), 1, MetricsSender.MaxWireBytes));
    }

    [Fact]
    public async Task DeflateIsTaken()
    {
        using var output = new MemoryStream();
        await using (var zlib = new ZLibStream(output, CompressionLevel.Fastest, leaveOpen: true))
        {
            await zlib.WriteAsync(Encoding.UTF8.GetBytes(ValidRequests[0].Body));
        }

        var content = Bytes(output.ToArray(), "text/json");
        content.Headers.ContentEncoding.Add("deflate");
        await AcceptedAsync("/api/v1/series", content, """{"status":"ok"}""", 1);
        Assert.Equal(ValidRequests[0].Body, Encoding.UTF8.GetString(Intake.Taken.Single().Body));
    }

    private static long Compressed(byte[] body)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(body);
        }

        return output.Length;
    }

    private static List<int> JsonValues(byte[] body)
    {
        using var json = System.Text.Json.JsonDocument.Parse(body);
        return
        [
            .. json
                .RootElement.GetProperty("series")
                .EnumerateArray()
                .SelectMany(s => s.GetProperty("points").EnumerateArray().Select(p => p[1].GetInt32())),
        ];
    }

    private static ByteArrayContent Text(string text, string contentType) =>
        Bytes(Encoding.UTF8.GetBytes(text), contentType);

    private static ByteArrayContent Bytes(byte[] bytes, string contentType) =>
        new(bytes) { Headers = { ContentType = new(contentType) } };

    private async Task AcceptedAsync(string path, HttpContent content, string answer, int requests)
    {
        using var response = await PostAsync(path, content);
        Assert.Equal(
            (HttpStatusCode.Accepted, answer),
            (response.StatusCode, await response.Content.ReadAsStringAsync())
        );
        Assert.Equal(requests, (await Intake.WaitForAsync(requests)).Count);
    }
}
