using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Partner.Sending;
using Partner.Testing;
using Partner.Testing.Fuzzing;

namespace Partner.Metrics.Tests;

public sealed partial class MetricsContractTests : OutboxSenderContract
{
    // One for each test: what it sends and what it expects are of the same second, however long the others have run.
    private long Now { get; } = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    private const string V1 = "/api/v1/series";
    private const string V2 = "/api/v2/series";
    private const string Distributions = "/api/v1/distribution_points";

    protected override string Name => "metrics";

    protected override string Product => "Api";

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
