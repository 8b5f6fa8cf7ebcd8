using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Partner.Testing;

namespace Partner.Incidents.Tests;

public sealed class PassThroughTests(IncidentsDatabase database) : IClassFixture<IncidentsDatabase>
{
    private const string Create = "/api/v2/incidents";
    private const string Body =
        """{ "data" : {"type":"incidents","attributes":{"n":1.10e+2,"title":"D\u00fcwn \"now\"","customer_impacted":false}} }""";

    private readonly FakeDatadog _datadog = new();

    [Fact]
    public async Task TheRequestGoesOutAsItCameWithTheMarkerAndTheAnswerComesBackAsItIs()
    {
        await using var host = await StartAsync();
        var reply = await host.PostAsync(Create, Body);
        var call = Assert.Single(_datadog.Calls);
        Assert.Matches("""^ref[0-9a-f]{16}$""", MarkerOf(call));
        Assert.Equal(
            new Call(
                "POST",
                Create,
                "token-1",
                Body.Replace("now\\\"\"", $"now\\\" [{MarkerOf(call)}]\"", StringComparison.Ordinal)
            ),
            call
        );
        Assert.Equal(
            (HttpStatusCode.Created, new JsonObject { ["data"] = _datadog.Incidents[0].DeepClone() }.ToJsonString()),
            (reply.Status, reply.Body)
        );
        Assert.Equal(
            """{"accepted":1,"delivered":1,"backlog":{"items":0,"segments":0,"oldest_at":null,"bytes":0},"dead_letters":0,"possible_duplicates":0,"quarantined":0,"state":"flowing","reason":null}""",
            await host.GetAsync("deliveries")
        );
    }

    [Fact]
    public async Task HalfOfASurrogatePairGoesOutAsItCame()
    {
        await using var host = await StartAsync();
        // The fake reads its bodies as text, and only this one not.
        _datadog.Refuse = () => new HttpResponseMessage(HttpStatusCode.Created) { Content = new StringContent("{}") };
        const string Odd = """{"data":{"\ud83d":1,"attributes":{"title":"cut \ud83d","title\ud83d":"x"}}}""";
        Assert.Equal(HttpStatusCode.Created, (await host.PostAsync(Create, Odd)).Status);
        var call = Assert.Single(_datadog.Calls);
        Assert.Equal(
            Odd.Replace(
                "ud83d\",\"title",
                $"ud83d [{Regex.Match(call.Body!, "ref[0-9a-f]{16}").Value}]\",\"title",
                StringComparison.Ordinal
            ),
            call.Body
        );
    }

    [Fact]
    public async Task ALimitedCallerSeesTheLimitAndNothingIsKept()
    {
        await using var host = await StartAsync();
        _datadog.Refuse = () =>
        {
            var response = new HttpResponseMessage(HttpStatusCode.TooManyRequests)
            {
                Content = new StringContent("""{"errors":["Too many"]}"""),
            };
            response.Headers.Add("X-RateLimit-Reset", "7");
            response.Headers.Add("X-Internal", "no");
            return response;
        };
        var reply = await host.PostAsync(Create, Body, "key");
        Assert.Equal((HttpStatusCode.TooManyRequests, """{"errors":["Too many"]}"""), (reply.Status, reply.Body));
        Assert.Equal(["7"], reply.Headers.GetValues("X-RateLimit-Reset"));
        Assert.False(reply.Headers.Contains("X-Internal"));
        Assert.Contains("\"accepted\":0,", await host.GetAsync("deliveries"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnUnreachableDatadogHasDoneNothing()
    {
        await using var host = await StartAsync();
        _datadog.FailOnce(Fault.Unreachable);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.PostAsync(Create, Body)).Status);
        Assert.Equal(HttpStatusCode.Created, (await host.PostAsync(Create, Body)).Status);
        Assert.Equal(["POST", "POST"], _datadog.Calls.Select(c => c.Method));
    }

    [Fact]
    public async Task ARefusedTokenIsRefreshedOnce()
    {
        await using var host = await StartAsync();
        _datadog.GoodTokens.Remove("token-1");
        Assert.Equal(HttpStatusCode.Created, (await host.PostAsync(Create, Body)).Status);
        Assert.Equal(["token-1", "token-2"], _datadog.Calls.Select(c => c.Token));
        _datadog.GoodTokens.Clear();
        _datadog.Token = "token-1";
        var reply = await host.PostAsync(Create, Body);
        Assert.Equal((HttpStatusCode.Unauthorized, """{"errors":["Unauthorized"]}"""), (reply.Status, reply.Body));
        Assert.Equal(4, _datadog.Calls.Count);
        // For a while the same endpoint costs no refresh; another one does.
        _datadog.Token = "token-1";
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.PostAsync(Create, Body)).Status);
        Assert.Equal(5, _datadog.Calls.Count);
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.PostAsync($"{Create}/import", Body)).Status);
        Assert.Equal(7, _datadog.Calls.Count);
        Assert.Single(_datadog.Incidents);
    }

    [Fact]
    public async Task AnEndpointThatRefusesTheGrantCostsOneRefreshForAllIds()
    {
        await using var host = await StartAsync();
        _datadog.GoodTokens.Clear();
        for (var i = 0; i < 3; i++)
        {
            _datadog.Token = "token-1";
            var reply = await host.SendAsync(HttpMethod.Patch, $"{Create}/{Guid.CreateVersion7()}", Body);
            Assert.Equal(HttpStatusCode.Unauthorized, reply.Status);
        }

        Assert.Equal(["token-1", "token-2", "token-1", "token-1"], _datadog.Calls.Select(c => c.Token));
    }

    [Theory]
    [Trait("security", "28")]
    [InlineData("us5.datadoghq.com", HttpStatusCode.Created, 1)]
    [InlineData("evil.tld", HttpStatusCode.ServiceUnavailable, 0)]
    public async Task ATokenGoesToTheHostOfItsOwnSiteAlone(string site, HttpStatusCode status, int calls)
    {
        await using var host = await StartAsync();
        _datadog.Site = site;
        Assert.Equal(status, (await host.PostAsync(Create, Body)).Status);
        Assert.Equal(calls, _datadog.Calls.Count);
    }

    [Fact]
    public async Task WithoutAGrantNothingIsSent()
    {
        await using var host = await StartAsync();
        _datadog.HasGrant = false;
        var reply = await host.PostAsync(Create, Body);
        Assert.Equal(
            (HttpStatusCode.Forbidden, """{"errors":["There is no grant; the customer has to authorise again."]}"""),
            (reply.Status, reply.Body)
        );
        Assert.Empty(_datadog.Calls);
    }

    [Fact]
    public async Task AnIdempotencyKeyGetsItsAnswerAgainAndEqualRequestsWithoutOneAreTwo()
    {
        await using var host = await StartAsync();
        var first = await host.PostAsync(Create, Body, "key");
        var again = await host.PostAsync(Create, Body, "key");
        Assert.Equal((first.Status, first.Body), (again.Status, again.Body));
        var other = await host.PostAsync(Create, Body.Replace("incidents", "other", StringComparison.Ordinal), "key");
        Assert.Equal(
            (HttpStatusCode.UnprocessableEntity, """{"errors":["This Idempotency-Key was used with another body."]}"""),
            (other.Status, other.Body)
        );
        Assert.Single(_datadog.Incidents);
        await using (var elsewhere = await StartAsync())
        {
            await elsewhere.PostAsync(Create, Body, "key");
            Assert.Equal(2, _datadog.Incidents.Count);
        }

        await host.PostAsync(Create, Body);
        await host.PostAsync(Create, Body);
        Assert.Equal(4, _datadog.Incidents.Count);
    }

    [Fact]
    public async Task WhileOneIsUnderWayItsRepetitionWaits()
    {
        await using var host = await StartAsync();
        var called = new TaskCompletionSource();
        var release = new TaskCompletionSource<Fault>();
        _datadog.OnWrite = _ =>
        {
            called.SetResult();
            return release.Task;
        };
        var first = host.PostAsync(Create, Body);
        await Until.DoneAsync(called.Task);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.PostAsync(Create, Body)).Status);
        release.SetResult(Fault.None);
        Assert.Equal(HttpStatusCode.Created, (await first).Status);
        Assert.Single(_datadog.Writes);
    }

    [Theory]
    [InlineData(1_002, null)]
    [InlineData(1_003, 1_002)]
    [InlineData(1_024, 1_002)]
    [InlineData(1_025, null)]
    public void OnlyATitleThatTheMarkerMakesTooLongIsCut(int length, int? kept)
    {
        var body = System.Text.Encoding.UTF8.GetBytes(
            $$"""{"data":{"attributes":{"title":"{{new string('x', length)}}"} } }"""
        );
        var marked = JsonNode.Parse(Marker.Put(body, Marker.Find(body, "title")!.Value, "ref0123456789abcdef", 1_024))!;
        Assert.Equal(
            new string('x', kept ?? length) + " [ref0123456789abcdef]",
            marked["data"]!["attributes"]!["title"]!.GetValue<string>()
        );
    }

    private Task<IncidentsHost> StartAsync() => IncidentsHost.StartAsync(database.Database, _datadog);

    private static string MarkerOf(Call call) =>
        JsonNode.Parse(call.Body!)!["data"]!["attributes"]!["title"]!.GetValue<string>().Split('[')[1][..^1];
}
