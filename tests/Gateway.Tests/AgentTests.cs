using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Partner.Gateway.Tests;

/// <summary>What a tracer asks its agent beside taking traces; it has no key when it does.</summary>
public sealed class AgentTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    // Of a failure dd-trace's telemetry makes a request to Datadog's own host, with the key that it was given.
    [Theory]
    [InlineData("POST", "/telemetry/proxy/api/v2/apmtelemetry")]
    [InlineData("PUT", "/telemetry/proxy/api/v2/apmtelemetry")]
    [InlineData("POST", "/telemetry/proxy/api/v3/whatever?x=1")]
    [InlineData("POST", "/telemetry/proxy/")]
    [InlineData("POST", "/telemetry/proxy")]
    [Trait("security", "29")]
    public async Task TelemetryIsTakenWhoeverSendsItHoweverAndDropped(string method, string path)
    {
        var before = host.Sender.Requests.Count;
        foreach (var key in new[] { null, new string('0', 32), "no key at all", (await host.NewKeyAsync()).Key })
        {
            foreach (var encoding in new[] { null, "gzip", "br" })
            {
                var body = new ByteArrayContent([0xFF, 0x00, 0x7B]);
                if (encoding is not null)
                {
                    body.Headers.ContentEncoding.Add(encoding);
                }

                Assert.Equal((202, ""), (await host.SendAsync(new HttpMethod(method), path, key, body)).StatusAndBody);
            }
        }

        Assert.Equal(before, host.Sender.Requests.Count);
    }

    [Fact]
    public async Task TelemetryIsTakenHoweverLargeItIsAndHoweverOftenItComes()
    {
        await using var host = new GatewayHost(
            "--Limits:Failures:PerSecond=1",
            "--Limits:Failures:Burst=1",
            "--Limits:People:PerSecond=1",
            "--Limits:People:Burst=1"
        );
        await host.InitializeAsync();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(
                202,
                (await host.SendAsync(HttpMethod.Post, "/telemetry/proxy/api/v2/apmtelemetry")).StatusAndBody.Item1
            );
        }

        var large = await Raw.ExchangeAsync(
            host.Url,
            "POST /telemetry/proxy/api/v2/apmtelemetry HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n{"
        );
        Assert.StartsWith("HTTP/1.1 202 ", large, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/v0.7/config")]
    [InlineData("GET", "/v0.7/config")]
    [InlineData("PUT", "/v0.6/stats")]
    [InlineData("POST", "/v0.6/stats")]
    public async Task WhatIsAskedForEverIsAnsweredWithNothing(string method, string path)
    {
        var answer = await host.SendAsync(
            new HttpMethod(method),
            path,
            body: method == "GET" ? null : new StringContent("{}")
        );
        Assert.Equal((200, "{}"), answer.StatusAndBody);
        Assert.Equal("application/json", answer.Header("Content-Type"));
    }

    [Fact]
    public async Task InfoNamesWhatThereIsAndNothingElse()
    {
        var answer = await host.SendAsync(HttpMethod.Get, "/info");
        Assert.Equal(200, answer.StatusAndBody.Item1);
        var info = JsonDocument.Parse(answer.StatusAndBody.Item2).RootElement;
        var endpoints = info.GetProperty("endpoints").EnumerateArray().Select(path => path.GetString()!).ToList();
        Assert.Equal(
            ["/v0.3/traces", "/v0.4/traces", "/v0.5/traces", "/v0.7/traces", "/dogstatsd/v2/proxy"],
            endpoints
        );
        Assert.Equal(
            [false, true, false],
            new[] { "client_drop_p0s", "span_events", "long_running_spans" }.Select(name =>
                info.GetProperty(name).GetBoolean()
            )
        );
        // They are there: what they want is a key, and not 404.
        foreach (var path in endpoints)
        {
            Assert.Equal(
                (403, """{"errors":["API key required"]}"""),
                (await host.SendAsync(HttpMethod.Post, path)).StatusAndBody
            );
        }
    }

    [Theory]
    [InlineData("PUT", "/v1.0/traces")]
    [InlineData("POST", "/profiling/v1/input")]
    [InlineData("POST", "/debugger/v1/input")]
    [InlineData("POST", "/debugger/v1/diagnostics")]
    [InlineData("POST", "/symdb/v1/input")]
    [InlineData("POST", "/evp_proxy/v2/api/v2/citestcycle")]
    [InlineData("POST", "/evp_proxy/v4/api/v2/llmobs")]
    [InlineData("POST", "/dogstatsd/v1/proxy")]
    [InlineData("POST", "/tracer_flare/v1")]
    [InlineData("POST", "/v0.1/pipeline_stats")]
    public async Task WhatGoesNowhereIsNotToldAsDelivered(string method, string path) =>
        Assert.Equal(
            (StatusCodes.Status404NotFound, """{"errors":["Not found"]}"""),
            (await host.SendAsync(new HttpMethod(method), path)).StatusAndBody
        );
}
