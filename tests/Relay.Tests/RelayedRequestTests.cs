using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Partner.Relay.Tests;

/// <summary>What goes on of a request and of its answer.</summary>
public sealed class RelayedRequestTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task ARequestWithoutAKeyGoesOnWithOne()
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);
        var content = new ByteArrayContent([0x92, 0, 1, 255])
        {
            Headers = { ContentType = new("application/msgpack"), ContentEncoding = { "gzip" } },
        };
        using var request = new HttpRequestMessage(HttpMethod.Put, "/v0.5/traces?a=%20b") { Content = content };
        request.Headers.Add("X-Datadog-Trace-Count", "2");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

        using var answer = await relay.Http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("{}", await answer.Content.ReadAsStringAsync(Token));
        var got = gateway.Only;
        Assert.Equal(("PUT", "/v0.5/traces?a=%20b"), (got.Method, got.Target));
        Assert.Equal([0x92, 0, 1, 255], got.Body);
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["Host"] = new Uri(gateway.Url).Authority,
                ["DD-API-KEY"] = RelayHost.Key,
                ["X-Datadog-Trace-Count"] = "2",
                ["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                ["Content-Type"] = "application/msgpack",
                ["Content-Encoding"] = "gzip",
                ["Content-Length"] = "4",
            },
            got.Headers
        );
    }

    [Theory]
    [InlineData("GET", "/info")]
    [InlineData("POST", "/telemetry/proxy/api/v2/apmtelemetry")]
    [InlineData("POST", "/v0.7/config")]
    [InlineData("PUT", "/v0.6/stats")]
    [InlineData("POST", "/dogstatsd/v2/proxy")]
    [InlineData("POST", "/profiling/v1/input")]
    [InlineData("POST", "/evp_proxy/v2/api/v2/llmobs")]
    [InlineData("POST", "/debugger/v1/input")]
    [InlineData("POST", "/v1/metrics")]
    [InlineData("POST", "/health")]
    [InlineData("DELETE", "/what/will/be/there?tomorrow")]
    public async Task EverythingGoesOnAndTheGatewayDecides(string method, string target)
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);
        using var request = new HttpRequestMessage(new HttpMethod(method), target);

        using var answer = await relay.Http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal((method, target, RelayHost.Key), (gateway.Only.Method, gateway.Only.Target, gateway.Only.Key));
    }

    [Fact]
    public async Task AClientsOwnSecretsDoNotGoOn()
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);

        using var answer = await relay.PostAsync(
            "/api/v2/logs",
            ("dd-api-key", "its-own"),
            ("DD-API-KEY", "another"),
            ("Authorization", "Bearer its-own"),
            ("Cookie", "session=its-own"),
            ("X-Kept", "1")
        );

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal((RelayHost.Key, "1"), (gateway.Only.Key, gateway.Only.Headers["X-Kept"]));
        Assert.DoesNotContain(
            gateway.Only.Headers,
            header => header.Value.Contains("its-own", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task WhatConnectionNamesEndsHere()
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);

        using var answer = await relay.PostAsync(
            "/v1/logs",
            ("X-Hop", "1"),
            ("X-End", "1"),
            ("Connection", "X-Hop, DD-API-KEY")
        );

        Assert.Equal((RelayHost.Key, "1"), (gateway.Only.Key, gateway.Only.Headers["X-End"]));
        Assert.DoesNotContain("X-Hop", gateway.Only.Headers);
    }

    [Theory]
    [InlineData("/a/../b")]
    [InlineData("/%2e%2e/b")]
    [InlineData("//evil.example/b")]
    [InlineData("/a%2Fb%5c?x=%zz&y=[1]#z")]
    [InlineData("/@evil.example/")]
    public async Task TheTargetIsTheGatewaysToJudgeAsItWasWritten(string target)
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);

        await relay.RawAsync($"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        Assert.Equal(target, gateway.Only.Target);
        Assert.Equal(new Uri(gateway.Url).Authority, gateway.Only.Headers["Host"]);
    }

    [Theory]
    [InlineData("GET http://evil.example/ HTTP/1.1\r\nHost: evil.example")]
    [InlineData("CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443")]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: x")]
    public async Task ATargetThatNamesAHostIsRefused(string head)
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);

        var answer = await relay.RawAsync($"{head}\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("""{"errors":["Bad request"]}""", answer, StringComparison.Ordinal);
        Assert.Empty(gateway.Requests);
    }

    [Fact]
    public async Task HeadersAreBytesBothWays()
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);

        await relay.RawAsync("GET /info HTTP/1.1\r\nHost: x\r\nX-Name: caf\u00e9\r\nConnection: close\r\n\r\n");

        Assert.Equal("caf\u00e9", gateway.Only.Headers["X-Name"]);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(403)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task AnAnswerPassesAsItIs(int status)
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);
        gateway.Behaviour = async context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = "17";
            context.Response.Headers["X-RateLimit-Name"] = "logs";
            context.Response.Headers.SetCookie = "lb=1";
            context.Response.ContentType = "application/json; charset=utf-8";
            await context.Response.WriteAsync("""{"errors":["The gateway's own words"]}""");
        };

        using var answer = await relay.PostAsync("/api/v2/logs");

        Assert.Equal(
            (status, "17", "logs", "application/json; charset=utf-8", """{"errors":["The gateway's own words"]}"""),
            (
                (int)answer.StatusCode,
                answer.Headers.GetValues("Retry-After").Single(),
                answer.Headers.GetValues("X-RateLimit-Name").Single(),
                $"{answer.Content.Headers.ContentType}",
                await answer.Content.ReadAsStringAsync(Token)
            )
        );
        Assert.False(answer.Headers.Contains("Set-Cookie"));
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task ARedirectIsNotFollowed()
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var elsewhere = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);
        gateway.Behaviour = context =>
        {
            context.Response.Redirect($"{elsewhere.Url}/api/v2/logs", permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        };

        using var answer = await relay.PostAsync("/api/v2/logs");

        Assert.Equal(HttpStatusCode.TemporaryRedirect, answer.StatusCode);
        Assert.Equal(new Uri($"{elsewhere.Url}/api/v2/logs"), answer.Headers.Location);
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task ACookieOfTheGatewaysIsNotSentAgain()
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);
        gateway.Behaviour = context =>
        {
            context.Response.Headers.SetCookie = "lb=1";
            return Task.CompletedTask;
        };
        (await relay.PostAsync("/api/v2/logs")).Dispose();
        gateway.Behaviour = null;

        (await relay.PostAsync("/api/v2/logs")).Dispose();

        Assert.DoesNotContain("Cookie", gateway.Only.Headers);
    }

    [Fact]
    public async Task ACompressedAnswerStaysCompressed()
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);
        gateway.Behaviour = async context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            await context.Response.Body.WriteAsync(Encoding.Latin1.GetBytes("no real gzip"));
        };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/info");
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));

        using var answer = await relay.Http.SendAsync(request, Token);

        Assert.Equal(["gzip"], answer.Content.Headers.ContentEncoding);
        Assert.Equal("no real gzip", await answer.Content.ReadAsStringAsync(Token));
    }
}
