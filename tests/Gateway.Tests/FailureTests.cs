using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Partner.Testing;

namespace Partner.Gateway.Tests;

public sealed class FailureTests : IAsyncDisposable
{
    private const string Detailed =
        """{"errors":[{"status":"503","title":"Service Unavailable","detail":"Service unavailable"}]}""";

    private readonly GatewayHost _host = new("--Forwarding:ActivityTimeout=00:00:00.500");

    [Theory]
    [Trait("fault", "F25")]
    [InlineData("/api/v2/logs", Detailed)]
    [InlineData("/v1/input", """{"code":503,"message":"Service unavailable"}""")]
    public async Task ASenderThatIsDownIs503(string path, string body)
    {
        var key = await StartAsync();
        await _host.Sender.StopAsync();

        AssertUnavailable(body, await _host.PostLogsAsync(key, path));
    }

    [Fact]
    [Trait("fault", "F25")]
    public async Task ASenderThatBreaksOffIs503()
    {
        var key = await StartAsync();
        _host.Sender.Behaviour = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };

        AssertUnavailable(Detailed, await _host.PostLogsAsync(key));
    }

    [Fact]
    [Trait("fault", "F25")]
    public async Task ASenderThatDoesNotAnswerIs503()
    {
        var key = await StartAsync();
        var end = new TaskCompletionSource();
        _host.Sender.Behaviour = _ => end.Task;

        AssertUnavailable(Detailed, await _host.PostLogsAsync(key));
        end.SetResult();
    }

    [Theory]
    [InlineData(401, "service-refuses-gateway")]
    [InlineData(403, "service-refuses-gateway")]
    [InlineData(502, "service-unreachable")]
    [InlineData(504, "service-timed-out")]
    public async Task ASenderThatCannotTakeItNowIs503(int status, string cause)
    {
        var key = await StartAsync();
        _host.Sender.Behaviour = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers["X-Internal"] = "detail";
            return context.Response.WriteAsync("stack trace");
        };

        var answer = await _host.PostLogsAsync(key);

        AssertUnavailable(Detailed, answer);
        Assert.Null(answer.Header("X-Internal"));
        Assert.Contains(_host.Logs.Messages, line => line.Contains($"logs is unavailable: {cause} ({status})"));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(505)]
    public async Task ASenderThatFailsOverARequestIsToldOnceAndAlertsUs(int status)
    {
        var key = await StartAsync();
        var failures = new ConcurrentQueue<string>();
        using var listener = Listen(failures);
        _host.Sender.Behaviour = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers["X-Internal"] = "detail";
            context.Response.Headers.RetryAfter = "1";
            return context.Response.WriteAsync("stack trace");
        };

        var answer = await _host.PostLogsAsync(key);

        Assert.Equal(
            (500, """{"errors":[{"status":"500","title":"Internal Server Error","detail":"Internal server error"}]}"""),
            answer.StatusAndBody
        );
        Assert.Equal((null, null), (answer.Header("Retry-After"), answer.Header("X-Internal")));
        Assert.Single(_host.Logs.MessagesAt(LogLevel.Error));
        Assert.Equal(["service=logs reason=service-failed"], failures);
    }

    [Fact]
    public async Task AServiceThatDoesNotAcceptOurTokenIs503OnEveryRoute()
    {
        await StartAsync();
        _host.Router.Behaviour = context =>
        {
            context.Response.StatusCode = 401;
            return Task.CompletedTask;
        };
        _host.Auth.Service.Behaviour = _host.Router.Behaviour;
        var connection = Contracts.ConnectionId.New();

        foreach (
            var path in new[]
            {
                $"/partner/v1/connections/{connection}/datadog/api/v1/monitor",
                "/partner/v1/tenants",
                "/connect",
                "/oauth/callback",
            }
        )
        {
            var answer = await _host.PartnerAsync(HttpMethod.Get, path, GatewayHost.AdminToken);

            Assert.Equal((HttpStatusCode.ServiceUnavailable, "5"), (answer.Status, answer.Header("Retry-After")));
            Assert.Contains("\"cause\":\"service-refuses-gateway\"", answer.Body);
        }
    }

    [Fact]
    public async Task WhatASenderPassesOnFromDatadogPasses()
    {
        var key = await StartAsync();
        _host.Sender.Behaviour = context =>
        {
            context.Response.StatusCode = 403;
            context.Response.Headers["X-Service-Answer"] = "final";
            return context.Response.WriteAsync("""{"errors":["Forbidden"]}""");
        };

        var answer = await _host.PostLogsAsync(key);

        Assert.Equal((403, """{"errors":["Forbidden"]}"""), answer.StatusAndBody);
        Assert.Null(answer.Header("X-Service-Answer"));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(413)]
    [InlineData(503)]
    public async Task WhatASenderSaysToTheClientPasses(int status)
    {
        var key = await StartAsync();
        _host.Sender.Behaviour = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = "17";
            return context.Response.WriteAsync("its words");
        };

        var answer = await _host.PostLogsAsync(key);

        Assert.Equal((status, "its words"), answer.StatusAndBody);
        Assert.Equal("17", answer.Header("Retry-After"));
    }

    [Fact]
    public async Task TheOtherWaysInAre503Too()
    {
        await StartAsync();
        await _host.Auth.Service.StopAsync();

        var api = await _host.PartnerAsync(HttpMethod.Get, "/partner/v1/tenants", GatewayHost.AdminToken);
        var page = await _host.SendAsync(HttpMethod.Get, "/oauth/callback?code=c&state=s");

        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "5", "application/problem+json"),
            (api.Status, api.Header("Retry-After"), api.Header("Content-Type"))
        );
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "5"), (page.Status, page.Header("Retry-After")));
    }

    [Fact]
    public async Task AClientThatGoesAwayIsNoErrorOfOurs()
    {
        var key = await StartAsync();
        var arrived = new TaskCompletionSource();
        _host.Sender.Behaviour = async context =>
        {
            arrived.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        using var leaving = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v2/logs")
        {
            Content = new StringContent("[]"),
        };
        request.Headers.Add("DD-API-KEY", key);

        var sending = _host.Http.SendAsync(request, leaving.Token);
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);

        await Until.TrueAsync(() =>
            _host.Logs.Text.Split('\n').Any(line => line.Contains("RequestLog") && line.Contains(" 499 "))
        );
        Assert.Empty(_host.Logs.MessagesAt(LogLevel.Error));
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private static void AssertUnavailable(string body, Answer answer)
    {
        Assert.Equal((503, body), answer.StatusAndBody);
        Assert.Equal(
            ("5", "application/json; charset=utf-8"),
            (answer.Header("Retry-After"), answer.Header("Content-Type"))
        );
    }

    private MeterListener Listen(ConcurrentQueue<string> failures)
    {
        var factory = _host.Services.GetRequiredService<IMeterFactory>();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "partner.gateway.failures" && ReferenceEquals(instrument.Meter.Scope, factory))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(
            (_, _, tags, _) =>
                failures.Enqueue(string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}")))
        );
        listener.Start();
        return listener;
    }

    private async Task<string> StartAsync()
    {
        await _host.InitializeAsync();
        return (await _host.NewKeyAsync()).Key;
    }
}
