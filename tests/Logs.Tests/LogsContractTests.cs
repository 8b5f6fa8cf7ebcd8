using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Partner.Sending;
using Partner.Testing;

namespace Partner.Logs.Tests;

public sealed partial class LogsContractTests : OutboxSenderContract
{
    protected override string Name => "logs";

    protected override string Product => "Logs";

    protected override (string Path, HttpStatusCode Success, string Body)[] ValidRequests =>
        [
            ("/api/v2/logs", HttpStatusCode.Accepted, """[{"message":"one"}]"""),
            ("/v1/input", HttpStatusCode.OK, """{"message":"two"}"""),
            ("/v1/logs", HttpStatusCode.Accepted, OtlpSamples.Request($$"""{"body":{{OtlpSamples.Text("three")}}}""")),
        ];

    protected override (string Path, HttpStatusCode Status, string Body, string Answer)[] BadRequests =>
        [
            ("/api/v2/logs", HttpStatusCode.BadRequest, "", V2("400", "Bad Request", "The body is empty.")),
            (
                "/api/v2/logs",
                HttpStatusCode.BadRequest,
                """[{"message":""",
                V2("400", "Bad Request", "The body is not valid JSON.")
            ),
            (
                "/api/v2/logs",
                HttpStatusCode.BadRequest,
                """[{"message":"a"}] trailing""",
                V2("400", "Bad Request", "The body is not valid JSON.")
            ),
            (
                "/api/v2/logs",
                HttpStatusCode.BadRequest,
                """[1,[{"message":"a"}],null]""",
                V2("400", "Bad Request", "A log is a JSON object.")
            ),
            (
                "/api/v2/logs",
                HttpStatusCode.BadRequest,
                "\"text\"",
                V2("400", "Bad Request", "A log is a JSON object.")
            ),
            ("/v1/input", HttpStatusCode.BadRequest, "[{]", """{"code":400,"message":"The body is not valid JSON."}"""),
            (
                "/api/v2/logs",
                HttpStatusCode.RequestEntityTooLarge,
                $"{{\"m\":\"{new string('x', 4_999_991)}\"}}",
                V2("413", "Payload Too Large", "A log has more than 4999998 bytes as JSON.")
            ),
            ("/v1/logs", HttpStatusCode.BadRequest, "", Texts("The body is not valid JSON.")),
            ("/v1/logs", HttpStatusCode.BadRequest, "[]", Texts("An OTLP request is a JSON object.")),
            ("/v1/logs", HttpStatusCode.BadRequest, OtlpSamples.Request("7"), Texts("A log record is a JSON object.")),
            (
                "/v1/logs",
                HttpStatusCode.RequestEntityTooLarge,
                new string(' ', 5_347_738),
                Texts("The payload exceeds 5347737 bytes uncompressed.")
            ),
            (
                "/v1/input",
                HttpStatusCode.RequestEntityTooLarge,
                new string(' ', 5_242_881),
                """{"code":413,"message":"The payload exceeds 5242880 bytes uncompressed."}"""
            ),
        ];

    protected override (string Path, int Bytes)[] MaxBytes =>
        [("/api/v2/logs", 5_242_880), ("/v1/input", 5_242_880), ("/v1/logs", 5_347_737)];

    protected override RequestCase[] Cases =>
        [
            new("logs, on `/api/v2/logs`", V2Path, """[{"message":"a"},{"message":"b"}]"""),
            new("logs, on `/v1/input`", V1Path, """{"message":"a"}"""),
            // Half of a surrogate pair, as a text is written that was cut within an emoji.
            new(
                "logs, on `/api/v2/logs`",
                V2Path,
                """[{"message":"cut \ud83d","\ud83d":1,"time\ud83d":1,"date":"\ud83d is when it was"}]"""
            ),
            new("logs, on `/v1/input`", V1Path, """{"message":"\ude00","timestamp\ud83d":1}"""),
            new("logs, on `/v1/input`", V1Path, "a line\nanother", "text/plain"),
            new("logs, on `/v1/input`", V1Path, "5 a b c", "application/logplex-1"),
            .. Lines,
            .. BrowserCases,
            new("no logs: `[]`", V2Path, "[]"),
            new("an empty body", V2Path, ""),
            new("an empty body", V1Path, ""),
            new("what is not JSON", V2Path, "[{"),
            new("what is not JSON", V2Path, "[{}] {}"),
            new("nothing but what is not an object", V2Path, "[1]"),
            new("nothing but what is not an object", V1Path, "\"text\""),
            new("what is not an object, beside a log", V2Path, "[{},1]"),
            new("what is not an object, beside a log", V2Path, "[null,\"{}\",[{}],{}]"),
            new("text without a line", V2Path, "\r\n\n", "text/plain"),
            new("lines of text as a form, which is what libcurl calls them", V2Path, "hello\nworld", Form),
            new("JSON as a form", V2Path, " \n[{}]", Form),
            new("JSON as a form that is cut off", V2Path, "{\"message\":", Form),
            new("logplex without lengths", V1Path, "99 too short", "application/logplex-1"),
            new("logplex without lengths", V1Path, "hello\nworld", "application/logplex-1"),
            new("JSON, and a query of more than 4,000 characters", V2Path + "?ddtags=" + new string('x', 4_000), "{}"),
            new("more than 1,000 logs", V2Path, $"[{string.Join(',', Enumerable.Repeat("{}", 1_001))}]"),
            new("more than 1,000 logs", V2Path, string.Join('\n', Enumerable.Repeat("x", 1_001)), "text/plain"),
            new("more than 5,242,880 bytes", V2Path, new string(' ', 5_242_881)),
            new(
                "lines that are more than 64,000,000 bytes as JSON",
                V2Path + "?ddtags=" + new string('x', 1_000),
                string.Join('\n', Enumerable.Repeat("x", 70_000)),
                "text/plain"
            ),
            new(
                "a log that is more than 4,999,998 bytes of JSON",
                V2Path,
                $"{{\"m\":\"{new string('x', 4_999_991)}\"}}"
            ),
            new("a log that is more than 4,999,998 bytes of JSON", V2Path, new string('\u0001', 900_000), "text/plain"),
            new("such a log beside another", V2Path, $"[{{\"m\":\"{new string('x', 4_999_991)}\"}},{{}}]"),
            new("such a log beside another", V2Path, new string('\u0001', 850_000) + "\nshort", "text/plain"),
            new("a log of more than 1,000,000 bytes", V2Path, $"[{{\"m\":\"{new string('x', 1_000_000)}\"}}]"),
            new(
                "a log whose time is in seconds",
                V2Path,
                $$"""[{"message":"old","timestamp":{{Ago(0, 0) / 1_000}}},{"message":"new","timestamp":{{Ago(0, 0)}}}]"""
            ),
            new(
                "a log whose time is in seconds",
                V2Path,
                $$"""[{"eventTime":{{Ago(0, 0) / 1_000}}},{"message":"new"}]"""
            ),
            new(
                "a log older than 17 h 50 min",
                V2Path,
                $$"""[{"published_date":"{{TimeProvider.System.GetUtcNow().AddDays(-3):yyyy-MM-dd HH:mm:ss,fff}}"},{"message":"new"}]"""
            ),
            new(
                "a log older than 17 h 50 min",
                V2Path,
                $$"""[{"message":"old","timestamp":{{Ago(17, 51)}}},{"message":"new","timestamp":{{Ago(17, 49)}}}]"""
            ),
            .. OtlpCases,
        ];

    protected override void Add(IHostApplicationBuilder builder) => builder.AddSending(new LogsSender());

    protected override void Map(IEndpointRouteBuilder routes) => routes.MapSending();

    private const string Form = "application/x-www-form-urlencoded";
    private const string V2Path = "/api/v2/logs";
    private const string V1Path = "/v1/input";

    private static string Texts(string detail) => $$"""{"errors":["{{detail}}"]}""";

    private static long Ago(int hours, int minutes) =>
        (TimeProvider.System.GetUtcNow() - new TimeSpan(hours, minutes, 0)).ToUnixTimeMilliseconds();

    private static string V2(string status, string title, string detail) =>
        $$"""{"errors":[{"status":"{{status}}","title":"{{title}}","detail":"{{detail}}"}]}""";

    [Fact]
    public async Task WhatDatadogsClientsSendArrivesByteForByteByTheV2Intake()
    {
        // As recorded from Datadog's own client.
        const string V2 =
            """{"ddsource":"nginx","ddtags":"env:staging,version:5.1","hostname":"i-012345678","message":"2019-11-19T14:37:58,995 INFO [process.name][20081] Hello World","service":"payment","status":"info"}""";
        const string Odd =
            """{ "\ud83d": "\ude00", "message" : "\u00fc \ud83d\ude00 \\ \" tab\t" , "n":1.10e+2,"a":[1, {"b":null}] }""";
        using var first = await PostAsync("/api/v2/logs", $"[{V2}]");
        Assert.Equal((HttpStatusCode.Accepted, "{}"), (first.StatusCode, await first.Content.ReadAsStringAsync()));
        var request = Assert.Single(await Intake.WaitForAsync(1));
        Assert.Equal(
            ("/api/v2/logs", "application/json", $"[{V2}]"),
            (request.PathAndQuery, request.ContentType, TextOf(request))
        );
        using var second = await PostAsync("/v1/input?ddtags=a:b&unknown=c", $"\n[ {Odd} ,{V2}]");
        Assert.Equal((HttpStatusCode.OK, "{}"), (second.StatusCode, await second.Content.ReadAsStringAsync()));
        request = (await Intake.WaitForAsync(2))[1];
        Assert.Equal(("/api/v2/logs?ddtags=a%3Ab", $"[{Odd},{V2}]"), (request.PathAndQuery, TextOf(request)));
    }

    [Theory]
    [InlineData(20_000, 50)]
    [InlineData(52, 100_000)]
    public async Task AnyCountOfLogsWithinTheSizeArrivesInRequestsThatDatadogTakes(int count, int bytes)
    {
        var logs = Enumerable
            .Range(0, count)
            .Select(i => $$"""{"n":{{i}},"m":"{{new string('x', bytes)}}"}""")
            .ToList();
        using var response = await PostAsync("/api/v2/logs", $"[{string.Join(',', logs)}]");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await WaitUntilSettledAsync();

        Assert.All(Intake.Taken, r => Assert.InRange(r.Body.Length, 2, 5_000_000));
        var taken = Intake.Taken.Select(r => System.Text.Json.Nodes.JsonNode.Parse(r.Body)!.AsArray()).ToList();
        Assert.All(taken, batch => Assert.InRange(batch.Count, 1, 1_000));
        Assert.Equal(
            Enumerable.Range(0, count),
            taken.SelectMany(batch => batch.Select(log => log!["n"]!.GetValue<int>())).Order()
        );
    }

    [Fact]
    public async Task TextBecomesALogPerLineWithTheQuerysAttributes()
    {
        using var response = await PostAsync(
            "/api/v2/logs?ddsource=nginx&ddtags=env:prod,x:y&service=web&hostname=h1",
            "first \"line\"\r\n\nsecond",
            "text/plain"
        );
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        const string Rest =
            "\"ddsource\":\"nginx\",\"ddtags\":\"env:prod,x:y\",\"hostname\":\"h1\",\"service\":\"web\"}";
        Assert.Equal(
            $$"""[{"message":"first \u0022line\u0022",{{Rest}},{"message":"second",{{Rest}}]""",
            TextOf(Assert.Single(await Intake.WaitForAsync(1)))
        );
    }

    [Fact]
    public async Task LogplexFramesBecomeLogs()
    {
        using var response = await PostAsync("/v1/input", "13 <40>1 a b - x11 <40>1 a b -\n", "application/logplex-1");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(
            """[{"message":"\u003C40\u003E1 a b - x"},{"message":"\u003C40\u003E1 a b -"}]""",
            TextOf(Assert.Single(await Intake.WaitForAsync(1)))
        );
    }

    [Fact]
    public async Task ALogOverOneMegabyteGoesOnAsSentAndAnEmptyArrayIsASuccess()
    {
        var big = $$"""{"message":"{{new string('x', 1_500_000)}}"}""";
        using var response = await PostAsync("/api/v2/logs", $$"""[{"message":"a"},{{big}},{"message":"b"}]""");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        using var none = await PostAsync("/api/v2/logs", "[]");
        Assert.Equal((HttpStatusCode.Accepted, "{}"), (none.StatusCode, await none.Content.ReadAsStringAsync()));
        await Until.TrueAsync(() => Intake.Taken.Sum(r => r.Body.Length) >= 1_500_000);

        Assert.Contains(Intake.Taken, r => TextOf(r).Contains(big, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ALogOlderThanEighteenHoursIsADeadLetterAndAStrictKeyGets400()
    {
        var old = TimeProvider.System.GetUtcNow().AddHours(-17.9);
        var body =
            $$"""[{"message":"old","timestamp":"{{old:O}}"},{"message":"new","timestamp":{{old.AddHours(1).ToUnixTimeMilliseconds()}}}]""";
        using var strict = await PostAsync("/api/v2/logs", body, strict: true);
        Assert.Equal(HttpStatusCode.BadRequest, strict.StatusCode);
        using var response = await PostAsync("/api/v2/logs", body);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.StartsWith(
            "[{\"message\":\"new\"",
            TextOf(Assert.Single(await Intake.WaitForAsync(1))),
            StringComparison.Ordinal
        );
        Assert.Equal("expired", await Database.ScalarAsync<string>("SELECT reason FROM dead_letters"));
    }

    [Fact]
    public async Task WhoWaitsHearsWhatDatadogSaysAndDatadogHearsNothingOfTheWaiting()
    {
        using var taken = await PostAsync("/api/v2/logs?ddsource=nginx&wait=delivered", """[{"message":"one"}]""");
        Assert.Equal(
            (HttpStatusCode.Accepted, "delivered", "{}"),
            (
                taken.StatusCode,
                taken.Headers.GetValues("Delivery-Status").Single(),
                await taken.Content.ReadAsStringAsync()
            )
        );
        Assert.Equal("/api/v2/logs?ddsource=nginx", Assert.Single(Intake.Taken).PathAndQuery);
        using var none = await PostAsync("/api/v2/logs?wait=delivered", "[]");
        Assert.Equal((HttpStatusCode.Accepted, false), (none.StatusCode, none.Headers.Contains("Delivery-Status")));
        var old = TimeProvider.System.GetUtcNow().AddHours(-20).ToUnixTimeMilliseconds();
        using var partly = await PostAsync(
            "/v1/input?wait=delivered",
            $$"""[{"message":"two"},{"message":"old","timestamp":{{old}}}]"""
        );
        Assert.Equal(
            (HttpStatusCode.MultiStatus, "partial; delivered=1; rejected=1"),
            (partly.StatusCode, partly.Headers.GetValues("Delivery-Status").Single())
        );
        Assert.StartsWith(
            """{"code":207,"message":"1 of 2 items are rejected: Older than Datadog takes""",
            await partly.Content.ReadAsStringAsync(),
            StringComparison.Ordinal
        );
    }

    private static string TextOf(IntakeRequest request) => System.Text.Encoding.UTF8.GetString(request.Body);
}
