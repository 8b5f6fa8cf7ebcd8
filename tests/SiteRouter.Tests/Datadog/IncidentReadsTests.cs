using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Partner.Contracts;

namespace Partner.SiteRouter.Tests.Datadog;

/// <summary>Incidents by Datadog's own paths: the calls of the partner API, in the shape that Datadog's clients parse.</summary>
public sealed class IncidentReadsTests : IAsyncLifetime
{
    private const string Incident = "/api/v2/incidents/0197c0de-0000-7000-8000-000000000001";

    private readonly FakeWorld _world = new();
    private readonly ConcurrentQueue<string> _asked = [];

    public async ValueTask InitializeAsync()
    {
        await _world.InitializeAsync();
        Answer(200, """{"data":[]}""");
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData("/api/v2/incidents?page[size]=2&page%5Boffset%5D=4&include=users")]
    [InlineData("/api/v2/incidents/search?query=state%3Aactive%20AND%20x&sort=-created")]
    [InlineData(Incident)]
    [InlineData($"{Incident}/impacts")]
    // A word of the partner API's, which Datadog knows nothing of.
    [InlineData("/api/v2/incidents?all=true")]
    public async Task AReadIsAskedOfDatadogAsItCame(string target)
    {
        Answer(200, """{"data":"\ud800","meta":1}""");

        var reply = await _world.Router.ReadAsync(_world.Connect("incident_read"), target);

        Assert.Equal((200, """{"data":"\ud800","meta":1}"""), (reply.Status, reply.Body));
        Assert.Equal("final", reply.Headers["X-Service-Answer"]);
        Assert.Equal("29", reply.Headers["X-RateLimit-Remaining"]);
        Assert.Equal([target], _asked);
    }

    [Fact]
    public async Task AMissingScopeIsNamed()
    {
        var reply = await _world.Router.ReadAsync(_world.Connect("incident_write", "monitors_read"), Incident);

        AssertRefused(reply, 403, "The customer has not granted incident_read.");
        Assert.Empty(_asked);
    }

    [Theory]
    [InlineData("/api/v2/incidents/config/types", 404, "This is not one of the endpoints that this deployment allows.")]
    [InlineData($"{Incident}/attachments", 404, "This is not one of the endpoints that this deployment allows.")]
    [InlineData(
        "/api/v2/incidents/a%2fb",
        400,
        "The path is not plain: segments of letters, digits and -._~ alone, and a query without # and \\."
    )]
    [InlineData("/api/v2/incidents?application_key=x", 400, "The query holds a credential; it is not sent.")]
    public async Task WhatIsNotAllowedIsNotAsked(string target, int status, string text)
    {
        AssertRefused(await _world.Router.ReadAsync(_world.Connect("incident_read"), target), status, text);
        Assert.Empty(_asked);
    }

    [Theory]
    [InlineData("/api/v1/monitor")]
    [InlineData("/api/v2/users")]
    [Trait("security", "43")]
    public async Task NothingElseIsReadSoWhateverIsGranted(string path)
    {
        var connection = _world.Connect("incident_read", "monitors_read", "user_access_read");

        Assert.Equal(404, (await _world.Router.ReadAsync(connection, path)).Status);
        Assert.Empty(_asked);
    }

    [Theory]
    [InlineData("append")]
    [InlineData("partner")]
    [Trait("security", "44")]
    public async Task ATokenForSomethingElseReadsNothing(string permission)
    {
        var connection = _world.Connect("incident_read");

        var reply = await _world.Router.ReadAsync(connection, Incident, permission);

        Assert.Equal((403, false), (reply.Status, reply.Headers.ContainsKey("X-Service-Answer")));
        Assert.Empty(_asked);
    }

    /// <summary>The partner API's door needs the partner's permission, with the same connection in the token.</summary>
    [Fact]
    [Trait("security", "44")]
    public async Task AReadOfAKeyDoesNotOpenThePartnersDoor()
    {
        var connection = _world.Connect("monitors_read");

        var path = $"/partner/v1/connections/{connection}/datadog/api/v1/monitor";
        Assert.Equal(403, (await _world.Router.ReadAsync(connection, path)).Status);
        Assert.Empty(_asked);
    }

    [Theory]
    [InlineData("no grant", "There is no grant; the customer has to authorise again.")]
    [InlineData("no site", "The connection has no Datadog site yet.")]
    [InlineData("other site", "The connection's token is of another site than the connection. Nothing was sent.")]
    [InlineData("no connection", "There is no such connection.")]
    public async Task AConnectionThatCannotReadIsForbidden(string lack, string text)
    {
        var router = _world.Router;
        var connection = _world.Connect("incident_read");
        switch (lack)
        {
            case "no grant":
                router.Tokens.TryRemove(connection, out _);
                break;
            case "no site":
                router.Connections[connection] = router.Connections[connection] with { Site = null };
                break;
            case "other site":
                router.Connections[connection] = router.Connections[connection] with { Site = "datadoghq.eu" };
                break;
            default:
                connection = ConnectionId.New();
                break;
        }

        AssertRefused(await router.ReadAsync(connection, Incident), 403, text);
        Assert.Empty(_asked);
    }

    [Theory]
    [InlineData(404, """{"errors":[{"title":"Generic Error","detail":"incident not found"}]}""")]
    [InlineData(429, """{"errors":["Too many requests"]}""")]
    [InlineData(500, """{"errors":["oops"]}""")]
    [InlineData(503, """{"errors":["later"]}""")]
    public async Task DatadogsOwnRefusalIsTheAnswer(int status, string body)
    {
        Answer(status, body);

        var reply = await _world.Router.ReadAsync(_world.Connect("incident_read"), Incident);

        Assert.Equal((status, body, "final"), (reply.Status, reply.Body, reply.Headers["X-Service-Answer"]));
    }

    [Fact]
    public async Task OurShareOfTheLimitIsSaidInDatadogsHeaders()
    {
        var connection = _world.Connect("incident_read");
        Answer(200, "{}", remaining: 0);
        await _world.Router.ReadAsync(connection, Incident);

        var reply = await _world.Router.ReadAsync(connection, Incident);

        AssertRefused(reply, 429, "Our share of this org's limit is used up; the rest is the customer's.");
        Assert.Equal(
            ("30", "0", true),
            (
                reply.Headers["X-RateLimit-Limit"],
                reply.Headers["X-RateLimit-Remaining"],
                reply.Headers.ContainsKey("Retry-After")
            )
        );
        Assert.Single(_asked);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnExpiredTokenIsReplacedOnceAndASecond401IsTheGrants(bool isFreshTaken)
    {
        var connection = _world.Router.Connect("old", scopes: "incident_read");
        _world.Router.OnCheck = id => _world.Router.Tokens[id] = RouterHost.Token("new");
        _world.Datadog.Answer = context =>
        {
            var isFresh = context.Request.Headers.Authorization.ToString() == "Bearer new";
            context.Response.StatusCode = isFresh && isFreshTaken ? 200 : 401;
            return context.Response.WriteAsync(isFresh && isFreshTaken ? "{}" : """{"errors":["Unauthorized"]}""");
        };

        var reply = await _world.Router.ReadAsync(connection, Incident);

        Assert.Equal([connection], _world.Router.Checks);
        Assert.Equal("final", reply.Headers["X-Service-Answer"]);
        Assert.Equal(isFreshTaken ? 200 : 403, reply.Status);
    }

    [Fact]
    [Trait("fault", "F25")]
    public async Task WithoutAnAnswerItIs503AndTheClientMayAskAgain()
    {
        _world.Datadog.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        var connection = _world.Connect("incident_read");

        var lost = await _world.Router.ReadAsync(connection, Incident);

        AssertRefused(lost, 503, "Datadog does not answer; try again.");
        Assert.Equal("5", lost.Headers["Retry-After"]);

        await _world.Router.StopAuthAsync();
        var without = await _world.Router.ReadAsync(connection, Incident);

        AssertRefused(without, 503, "There is no access token at the moment; try again.");
        Assert.Equal("5", without.Headers["Retry-After"]);
    }

    private static void AssertRefused(Reply reply, int status, string text)
    {
        Assert.Equal(
            (status, "application/json", "final"),
            (reply.Status, reply.ContentType, reply.Headers["X-Service-Answer"])
        );
        using var body = JsonDocument.Parse(reply.Body);
        Assert.Equal([text], body.RootElement.GetProperty("errors").EnumerateArray().Select(e => e.GetString()));
    }

    private void Answer(int status, string body, int remaining = 29) =>
        _world.Datadog.Answer = context =>
        {
            _asked.Enqueue(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
            var headers = context.Response.Headers;
            (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) = ("30", $"{remaining}");
            (headers["X-RateLimit-Period"], headers["X-RateLimit-Reset"]) = ("60", "60");
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(body);
        };
}
