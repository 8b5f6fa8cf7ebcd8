using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Partner.Contracts;

namespace Partner.SiteRouter.Tests.Datadog;

/// <summary>One refresh on a 401, and a second 401 is never called a revocation (datadog-facts 2.6).</summary>
public sealed class RenewalTests : IAsyncLifetime
{
    private readonly FakeWorld _world = new();
    private readonly ConcurrentQueue<string> _asked = [];

    public async ValueTask InitializeAsync()
    {
        await _world.InitializeAsync();
        _world.Datadog.Answer = AnswerAsync;
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData("GET", "/api/v1/monitor/1", null)]
    [InlineData("POST", "/api/v1/monitor", "{\"name\":\"x\"}")]
    [InlineData("GET", "/api/v1/monitor?all=true", null)]
    public async Task AnExpiredTokenIsReplacedOnceAndTheRequestRepeated(string method, string path, string? body)
    {
        var connection = Connect("old");
        _world.Router.OnCheck = id => _world.Router.Tokens[id] = RouterHost.Token("new");
        var reply = await _world.Router.SendAsync(connection, new HttpMethod(method), path, body);
        Assert.Equal(200, reply.Status);
        Assert.Equal([$"old {body}", $"new {body}"], _asked.Take(2));
        Assert.Equal([connection], _world.Router.Checks);
    }

    [Theory]
    [InlineData("/api/v1/monitor/1")]
    [InlineData("/api/v1/monitor?all=true")]
    public async Task ASecond401IsAMatterOfScopeOrEndpoint(string path)
    {
        var connection = Connect("old");
        _world.Router.OnCheck = id => _world.Router.Tokens[id] = RouterHost.Token("refused too");
        Assert.Equal((403, "not-accepted"), (await _world.Router.SendAsync(connection, HttpMethod.Get, path)).Problem);
        Assert.Equal(["old ", "refused too "], _asked);
        // For a while the same endpoint costs no refresh; another one does.
        Assert.Equal((403, "not-accepted"), (await _world.Router.SendAsync(connection, HttpMethod.Get, path)).Problem);
        Assert.Single(_world.Router.Checks);
        await _world.Router.SendAsync(connection, HttpMethod.Get, "/api/v1/monitor/can_delete");
        Assert.Equal(2, _world.Router.Checks.Count);
    }

    [Fact]
    public async Task WhereAuthHasNoOtherTokenNothingIsRepeated()
    {
        var connection = Connect("old");
        Assert.Equal(
            (403, "not-accepted"),
            (await _world.Router.SendAsync(connection, HttpMethod.Get, "/api/v1/monitor/1")).Problem
        );
        Assert.Equal(["old "], _asked);
    }

    [Fact]
    public async Task ABodyThatWasNotKeptIsTheCallersToSendAgain()
    {
        var connection = Connect("old");
        _world.Router.OnCheck = id => _world.Router.Tokens[id] = RouterHost.Token("new");
        var body = $"{{\"x\":\"{new string('x', 300_000)}\"}}";
        var reply = await _world.Router.SendAsync(connection, HttpMethod.Post, "/api/v1/monitor", body);
        Assert.Equal((503, "send-again"), reply.Problem);
        Assert.Equal("1", reply.Headers["Retry-After"]);
        Assert.Equal(200, (await _world.Router.SendAsync(connection, HttpMethod.Post, "/api/v1/monitor", body)).Status);
    }

    private ConnectionId Connect(string token) =>
        _world.Router.Connect(token, scopes: ["monitors_read", "monitors_write"]);

    // A Datadog that knows one token.
    private async Task AnswerAsync(HttpContext context)
    {
        var token = context.Request.Headers.Authorization.ToString()["Bearer ".Length..];
        using var reader = new StreamReader(context.Request.Body);
        _asked.Enqueue($"{token} {await reader.ReadToEndAsync()}");
        context.Response.StatusCode = token == "new" ? 200 : 401;
        await context.Response.WriteAsync(token == "new" ? "[]" : """{"errors":["Unauthorized"]}""");
    }
}
