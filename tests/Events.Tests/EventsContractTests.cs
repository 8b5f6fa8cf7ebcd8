using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Partner.Sending;
using Partner.Testing;

namespace Partner.Events.Tests;

public sealed class EventsContractTests : OutboxSenderContract
{
    private const string Path = "/api/v1/events";

    protected override string Name => "events";

    protected override string Product => "Api";

    protected override (string Path, HttpStatusCode Success, string Body)[] ValidRequests =>
        [(Path, HttpStatusCode.Accepted, """{"title":"one","text":"first"}""")];

    protected override (string Path, HttpStatusCode Status, string Body, string Answer)[] BadRequests =>
        [
            (Path, HttpStatusCode.BadRequest, "", Error("The body is empty.")),
            (Path, HttpStatusCode.BadRequest, """{"title":""", Error("The body is not valid JSON.")),
            (
                Path,
                HttpStatusCode.BadRequest,
                """{"title":"a","text":"b"} trailing""",
                Error("The body is not valid JSON.")
            ),
            (Path, HttpStatusCode.BadRequest, """[{"title":"a","text":"b"}]""", Error("An event is a JSON object.")),
            (Path, HttpStatusCode.BadRequest, """{"text":"b"}""", Error("title is required and must be a string.")),
            (
                Path,
                HttpStatusCode.BadRequest,
                """{"title":1,"text":"b"}""",
                Error("title is required and must be a string.")
            ),
            (
                Path,
                HttpStatusCode.BadRequest,
                $$"""{"title":"a","text":"b","aggregation_key":"{{new string('k', 101)}}"}""",
                Error("aggregation_key exceeds 100 characters.")
            ),
            // As recorded from Datadog.
            (
                Path,
                HttpStatusCode.BadRequest,
                """{"date_happened":1,"tags":["test:a"],"text":"A text message.","title":"old"}""",
                Error("Event too far in the past")
            ),
            (
                Path,
                HttpStatusCode.RequestEntityTooLarge,
                new string(' ', 1_000_001),
                Error("The payload exceeds 1000000 bytes uncompressed.")
            ),
        ];

    protected override (string Path, int Bytes)[] MaxBytes => [(Path, 1_000_000)];

    protected override RequestCase[] Cases =>
        [
            new("an event", Path, """{"title":"a","text":"b"}"""),
            new("an event", Path, $$"""{"title":"a","text":"b","date_happened":{{At(-17, -49)}}}"""),
            // Half of a surrogate pair, as a text is written that was cut within an emoji.
            new("an event", Path, """{"title":"a\ud83d","text":"\ude00 cut \ud83d","\ud83d":1,"tags":["\ud83d"]}"""),
            new("an empty body", Path, ""),
            new("what is not JSON", Path, "{"),
            new("what is not an object", Path, """[{"title":"a","text":"b"}]"""),
            new("no `title`, or not as text", Path, """{"title":1,"text":"b"}"""),
            new("no `text`, or not as text", Path, """{"title":"a"}"""),
            new("no `text`, or not as text", Path, """{"title":"a","text":null}"""),
            new(
                "`text` of more than 4,000 characters",
                Path,
                $$"""{"title":"a","text":"{{new string('x', 4_001)}}"}"""
            ),
            new(
                "`aggregation_key` of more than 100 characters",
                Path,
                $$"""{"title":"a","text":"b","aggregation_key":"{{new string('k', 101)}}"}"""
            ),
            new(
                "`date_happened` older than 17 h 50 min",
                Path,
                $$"""{"title":"a","text":"b","date_happened":{{At(-17, -51)}}}"""
            ),
            new(
                "`date_happened` more than 2 h ahead",
                Path,
                $$"""{"title":"a","text":"b","date_happened":{{At(2, 2)}}}"""
            ),
            new("more than 1,000,000 bytes", Path, new string(' ', 1_000_001)),
        ];

    protected override void Add(IHostApplicationBuilder builder) => builder.AddSending(new EventsSender());

    protected override void Map(IEndpointRouteBuilder routes) => routes.MapSending();

    private static long At(int hours, int minutes) =>
        (TimeProvider.System.GetUtcNow() + new TimeSpan(hours, minutes, 0)).ToUnixTimeSeconds();

    private static string Error(string text) => $$"""{"errors":["{{text}}"]}""";

    [Fact]
    public async Task AnEventArrivesByteForByteAndTheAnswerHasDatadogsShapeWithoutAnId()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var sent =
            $$"""{ "tags":["test:\u00fc", "b"],"text":"A text \"message\".","title":"T","date_happened":{{now}},"priority":"low","x":{"\ud83d":["\ude00"] } }""";
        using var response = await PostAsync(Path, $"\n{sent}\n ");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var expected =
            $$"""{"status":"ok","event":{"title":"T","text":"A text \"message\".","date_happened":{{now}},"handle":null,"priority":"low","related_event_id":null,"tags":["test:ü","b"] } }""";
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync());
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), answer), answer?.ToJsonString());
        var request = Assert.Single(await Intake.WaitForAsync(1));
        Assert.Equal(
            (Path, "application/json", sent),
            (request.PathAndQuery, request.ContentType, Encoding.UTF8.GetString(request.Body))
        );
    }

    [Fact]
    public async Task TheAnswerToARepetitionIsMadeAgainAndNothingOfTheEventIsKept()
    {
        var answers = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            var content = new StringContent("""{"title":"T","text":"long","tags":["a:b"]}""");
            content.Headers.TryAddWithoutValidation("Idempotency-Key", "key");
            using var response = await PostAsync(Path, content);
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            answers.Add(await response.Content.ReadAsStringAsync());
            // The answer of an event without a time says when it was accepted, and says so later too.
            await Database.ExecuteAsync(
                "UPDATE idempotency_keys SET created_at = created_at - interval '1 hour', as_of = as_of - interval '1 hour'"
            );
        }

        Assert.Equal("", await Database.ScalarAsync<string>("SELECT answer FROM idempotency_keys"));
        Assert.Contains("\"text\":\"long\"", answers[0], StringComparison.Ordinal);
        var then = JsonNode.Parse(answers[0])!;
        then["event"]!["date_happened"] = then["event"]!["date_happened"]!.GetValue<long>() - 3_600;
        Assert.Equal(then.ToJsonString(), JsonNode.Parse(answers[1])!.ToJsonString());
    }

    [Fact]
    public async Task EventsOfOneCommitGoOutOneByOne()
    {
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(i => PostAsync(Path, $$"""{"title":"{{i}}","text":"t"}"""))
        );
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode));
        var taken = await Intake.WaitForAsync(50);
        Assert.Equal(
            Enumerable.Range(0, 50).Select(i => $"{i}").Order(),
            taken.Select(r => JsonNode.Parse(r.Body)!["title"]!.GetValue<string>()).Order()
        );
    }

    [Fact]
    public async Task TheOldRubyClientsNamesAndFourThousandWideCharactersAreTaken()
    {
        var text = string.Concat(Enumerable.Repeat("\U0001F600", 4_000));
        using var response = await PostAsync(
            Path,
            $$"""{"msg_title":"{{new string('t', 200)}}","msg_text":"{{text}}"}"""
        );
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Single(await Intake.WaitForAsync(1));
    }

    [Fact]
    public async Task AnEventThatDatadogRefusesIsADeadLetter()
    {
        Intake.Answer = _ => Task.FromResult(HttpStatusCode.BadRequest);
        using var response = await PostAsync(Path, """{"title":"a","text":"b","alert_type":"nonsense"}""");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await Until.TrueAsync(async () => await Database.ScalarAsync<long>("SELECT count(*) FROM dead_letters") > 0);

        Assert.Equal("rejected", await Database.ScalarAsync<string>("SELECT reason FROM dead_letters"));
    }
}
