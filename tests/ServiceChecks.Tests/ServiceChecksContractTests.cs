using System.Net;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Partner.Sending;
using Partner.Testing;

namespace Partner.ServiceChecks.Tests;

public sealed class ServiceChecksContractTests : OutboxSenderContract
{
    private const string Path = "/api/v1/check_run";
    private const string Check = """{"check":"app.ok","host_name":"app1","status":0,"tags":["env:prod"]}""";

    protected override string Name => "checks";

    protected override string Product => "Api";

    protected override (string Path, HttpStatusCode Success, string Body)[] ValidRequests =>
        [(Path, HttpStatusCode.Accepted, Check), (Path, HttpStatusCode.Accepted, $"[{Check}]")];

    protected override (string Path, HttpStatusCode Status, string Body, string Answer)[] BadRequests =>
        [
            (Path, HttpStatusCode.BadRequest, "", Error("The body is empty.")),
            (Path, HttpStatusCode.BadRequest, "[{", Error("The body is not valid JSON.")),
            (Path, HttpStatusCode.BadRequest, $"[{Check}] 1", Error("The body is not valid JSON.")),
            (Path, HttpStatusCode.BadRequest, "[[1],null]", Error("[0]: A service check is a JSON object.")),
            (
                Path,
                HttpStatusCode.BadRequest,
                """{"host_name":"a","status":0,"tags":[]}""",
                Error("check is required.")
            ),
            (
                Path,
                HttpStatusCode.BadRequest,
                """[{"check":"a","host_name":"","status":0,"tags":[]}]""",
                Error("[0]: host_name is required.")
            ),
            (
                Path,
                HttpStatusCode.BadRequest,
                """{"check":"a","host_name":"a","status":4,"tags":[]}""",
                Error("status is required, one of 0, 1, 2, 3.")
            ),
            (
                Path,
                HttpStatusCode.BadRequest,
                """{"check":"a","host_name":"a","status":0.5,"tags":[]}""",
                Error("status is required, one of 0, 1, 2, 3.")
            ),
            (
                Path,
                HttpStatusCode.BadRequest,
                """{"check":"a","host_name":"a","status":"0","tags":[]}""",
                Error("status is required, one of 0, 1, 2, 3.")
            ),
            (
                Path,
                HttpStatusCode.BadRequest,
                """{"check":"a","host_name":"a","status":1,"tags":"a:b"}""",
                Error("tags is not an array.")
            ),
            (
                Path,
                HttpStatusCode.BadRequest,
                """{"check":"a","host_name":"a","status":1,"tags":[],"timestamp":"now"}""",
                Error("timestamp is not a number of seconds.")
            ),
            (
                Path,
                HttpStatusCode.RequestEntityTooLarge,
                new string(' ', 4_194_305),
                Error("The payload exceeds 4194304 bytes uncompressed.")
            ),
        ];

    protected override (string Path, int Bytes)[] MaxBytes => [(Path, 4_194_304)];

    protected override RequestCase[] Cases =>
        [
            new("service checks", Path, $"[{Check},{Check}]"),
            new("service checks", Path, Check),
            // Half of a surrogate pair, as a text is written that was cut within an emoji.
            new(
                "service checks",
                Path,
                """{"check":"a\ud83d","host_name":"h","status":0,"tags":["\ude00"],"\ud83d":1,"timestamp\ud83d":"x"}"""
            ),
            new("no checks: `[]`", Path, "[]"),
            new("an empty body", Path, ""),
            new("what is not JSON", Path, "[{"),
            new(
                "no tags, or null, and a time with a fraction",
                Path,
                $$"""{"check":"a","host_name":"h","status":0,"timestamp":{{New}}.25}"""
            ),
            new(
                "no tags, or null, and a time with a fraction",
                Path,
                $$"""[{"check":"a","host_name":"h","status":0.0,"tags":null,"timestamp":{{New}}.0}]"""
            ),
            new(
                "no tags, or null, and a time with a fraction",
                Path,
                $$"""[{"check":"a","host_name":"h","status":0,"tags":[],"timestamp":{{New / 1e9}}e9},{{Check}}]"""
            ),
            new("nothing but a check that is not an object", Path, "1"),
            .. Bad.Select(bad => new RequestCase("any of these beside a check", Path, $"[{bad},{Check}]")),
            .. Bad.Select(bad => new RequestCase("any of these beside a check", Path, $"[{Check},{bad}]")),
            new("nothing but one without `check`", Path, """{"host_name":"a","status":0,"tags":[]}"""),
            new("nothing but one without `host_name`", Path, """{"check":"a","status":0,"tags":[]}"""),
            new(
                "nothing but one without `status` of 0 to 3",
                Path,
                """{"check":"a","host_name":"a","status":4,"tags":[]}"""
            ),
            new(
                "nothing but one whose `tags` are no array",
                Path,
                """{"check":"a","host_name":"a","status":1,"tags":{}}"""
            ),
            new(
                "nothing but one whose `timestamp` is no number",
                Path,
                """{"check":"a","host_name":"a","status":1,"tags":[],"timestamp":"now"}"""
            ),
            new("more than 10,000 checks", Path, $"[{string.Join(',', Enumerable.Repeat(Check, 10_001))}]"),
            new("more than 4,194,304 bytes", Path, new string(' ', 4_194_305)),
            new(
                "a check older than 9 min",
                Path,
                $"[{Check},{{\"check\":\"c\",\"host_name\":\"h\",\"status\":2,\"tags\":[],\"timestamp\":{Old}}}]"
            ),
        ];

    protected override void Add(IHostApplicationBuilder builder) => builder.AddSending(new ServiceChecksSender());

    protected override void Map(IEndpointRouteBuilder routes) => routes.MapSending();

    private static string[] Bad =>
        [
            "1",
            "null",
            "[]",
            "{}",
            """{"host_name":"a","status":0}""",
            """{"check":"a","status":0}""",
            """{"check":"a","host_name":"a"}""",
            """{"check":"a","host_name":"a","status":7}""",
            """{"check":"a","host_name":"a","status":0,"tags":1}""",
            """{"check":"a","host_name":"a","status":0,"timestamp":"now"}""",
        ];

    private static long New => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    private static long Old => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 560;

    private static string Error(string detail) => $$"""{"errors":["{{detail}}"]}""";

    [Fact]
    public async Task ChecksGoOutByteForByteAtMostAHundredAtATimeInOrder()
    {
        var checks = Enumerable
            .Range(0, 250)
            .Select(i =>
                $$"""{ "check":"c{{i}}", "status":{{i % 4}},"host_name":"h","tags":["\u00fc"] ,"message":"m" }"""
            )
            .ToList();
        using var response = await PostAsync(Path, $"[{string.Join(" , ", checks)}]");
        Assert.Equal(
            (HttpStatusCode.Accepted, """{"status":"ok"}"""),
            (response.StatusCode, await response.Content.ReadAsStringAsync())
        );
        var taken = await Intake.WaitForAsync(3);
        Assert.Equal(
            [
                $"[{string.Join(',', checks[..100])}]",
                $"[{string.Join(',', checks[100..200])}]",
                $"[{string.Join(',', checks[200..])}]",
            ],
            taken.Select(r => Encoding.UTF8.GetString(r.Body))
        );
        Assert.All(taken, r => Assert.Equal((Path, "application/json"), (r.PathAndQuery, r.ContentType)));
    }

    [Fact]
    public async Task ACheckOlderThanNineMinutesIsADeadLetter()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        string At(string timestamp) =>
            $$"""{"check":"c","host_name":"h","status":2,"tags":[],"timestamp":{{timestamp}}}""";
        using var response = await PostAsync(
            Path,
            $"[{At($"{now - 560}")},{At($"{now - 500}")},{At("-5")},{At("null")},{At("1e300")},{At("0")},{At("-1e300")}]"
        );
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(
            $"[{At($"{now - 500}")},{At("null")},{At("1e300")}]",
            Encoding.UTF8.GetString(Assert.Single(await Intake.WaitForAsync(1)).Body)
        );
        Assert.Equal(4, await Database.ScalarAsync<long>("SELECT count(*) FROM dead_letters WHERE reason = 'expired'"));
    }
}
