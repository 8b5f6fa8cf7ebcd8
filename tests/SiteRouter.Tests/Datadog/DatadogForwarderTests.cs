using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Partner.SiteRouter.Tests.Datadog;

public sealed class DatadogForwarderTests(FakeWorld world) : IClassFixture<FakeWorld>
{
    private const string Monitor = """{"name":"a monitor","query":"avg(last_5m):avg:a{*} > 1"}""";

    [Fact]
    [Trait("security", "30")]
    public async Task WhatAClientSaysOfItselfStaysAndTheGrantIsPutIn()
    {
        var seen = new ConcurrentQueue<string>();
        Answer(context =>
        {
            seen.Enqueue(
                $"{context.Request.Method} {context.Request.Scheme}://{context.Request.Host}{context.Request.Path}{context.Request.QueryString}"
            );
            foreach (var (name, value) in context.Request.Headers.OrderBy(h => h.Key, StringComparer.Ordinal))
            {
                seen.Enqueue($"{name}: {value}");
            }

            return context.Response.WriteAsync("[]");
        });
        var connection = world.Router.Connect("the-token-of-this-test", scopes: "monitors_read");
        using var request = world.Router.Request(connection, HttpMethod.Get, "/api/v1/monitor?name=a%20b&page_size=2");
        foreach (
            var header in new[]
            {
                "Cookie: session=1",
                "DD-API-KEY: 1",
                "DD-APPLICATION-KEY: 1",
                "X-Forwarded-For: 1.1.1.1",
                "X-Forwarded-Host: evil.tld",
                "Forwarded: for=1.1.1.1",
                "X-Tenant-Id: ten_1",
                "X-HTTP-Method-Override: DELETE",
                "Proxy-Authorization: Basic eA==",
                "TE: trailers",
                "X-Anything: x",
                "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "Via: 1.1 x",
                "Origin: https://evil.tld",
                "Referer: https://evil.tld",
                "Accept: application/json",
                "If-None-Match: \"a\"",
            }
        )
        {
            Assert.True(request.Headers.TryAddWithoutValidation(header.Split(": ")[0], header.Split(": ")[1]));
        }

        var reply = await world.Router.SendAsync(request);
        Assert.Equal((200, "[]"), (reply.Status, reply.Body));
        Assert.Equal(
            [
                "GET https://api.us5.datadoghq.com/api/v1/monitor?name=a%20b&page_size=2",
                "Accept: application/json",
                "Authorization: Bearer the-token-of-this-test",
                "Host: api.us5.datadoghq.com",
                "If-None-Match: \"a\"",
            ],
            seen
        );
    }

    [Fact]
    public async Task AnEditPassesWithItsBody()
    {
        var seen = new ConcurrentQueue<string>();
        Answer(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            seen.Enqueue(
                $"{context.Request.Method} {context.Request.Path} {context.Request.ContentType} {context.Request.ContentLength} {await reader.ReadToEndAsync()}"
            );
            context.Response.StatusCode = 201;
            context.Response.ContentType = "application/json;charset=utf-8";
            await context.Response.WriteAsync("""{"id":1}""");
        });
        var reply = await world.Router.SendAsync(
            world.Connect("monitors_write"),
            HttpMethod.Post,
            "/api/v1/monitor",
            Monitor
        );
        Assert.Equal(
            (201, """{"id":1}""", "application/json; charset=utf-8"),
            (reply.Status, reply.Body, reply.ContentType)
        );
        Assert.Equal([$"POST /api/v1/monitor application/json; charset=utf-8 {Monitor.Length} {Monitor}"], seen);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(422)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task DatadogsOwnAnswerPassesWithoutWhatIsNotForTheCaller(int status)
    {
        Answer(context =>
        {
            context.Response.StatusCode = status;
            foreach (
                var header in new[]
                {
                    "Set-Cookie: a=b",
                    "Server: datadog",
                    "X-Secret: x",
                    "Location: https://evil.tld",
                    "Link: <https://evil.tld>",
                    "Alt-Svc: x",
                    "Access-Control-Allow-Origin: *",
                    "Strict-Transport-Security: max-age=1",
                    "Content-Security-Policy: x",
                    "X-RateLimit-Limit: 100",
                    "X-RateLimit-Remaining: 99",
                    "X-RateLimit-Reset: 10",
                    "X-RateLimit-Period: 60",
                    "X-RateLimit-Name: n",
                    "ETag: \"e\"",
                }
            )
            {
                context.Response.Headers[header.Split(": ")[0]] = header.Split(": ")[1];
            }

            return context.Response.WriteAsync("""{"errors":["x"]}""");
        });
        var reply = await world.Router.SendAsync(world.Connect("monitors_read"), HttpMethod.Get, "/api/v1/monitor/1");
        Assert.Equal((status, """{"errors":["x"]}"""), (reply.Status, reply.Body));
        Assert.Equal(
            [
                "Date",
                "ETag",
                "Transfer-Encoding",
                "X-RateLimit-Limit",
                "X-RateLimit-Name",
                "X-RateLimit-Period",
                "X-RateLimit-Remaining",
                "X-RateLimit-Reset",
            ],
            reply.Headers.Keys.Where(name => name != "Server").Order(StringComparer.Ordinal)
        );
        Assert.NotEqual("datadog", reply.Headers.GetValueOrDefault("Server"));
    }

    [Theory]
    [InlineData(301)]
    [InlineData(307)]
    [Trait("security", "25")]
    public async Task ARedirectIsNeitherFollowedNorPassedOn(int status)
    {
        var asked = 0;
        Answer(context =>
        {
            asked++;
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "https://api.us3.datadoghq.com/elsewhere";
            return Task.CompletedTask;
        });
        var reply = await world.Router.SendAsync(world.Connect("monitors_read"), HttpMethod.Get, "/api/v1/monitor/1");
        Assert.Equal(((502, "redirect"), 1, false), (reply.Problem, asked, reply.Headers.ContainsKey("Location")));
    }

    [Fact]
    public async Task AnAnswerIsStreamedWhileItComes()
    {
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Answer(async context =>
        {
            await context.Response.WriteAsync("first ");
            await context.Response.Body.FlushAsync();
            await read.Task.WaitAsync(TimeSpan.FromSeconds(60));
            await context.Response.WriteAsync("second");
        });
        var connection = world.Connect("monitors_read");
        using var request = world.Router.Request(connection, HttpMethod.Get, "/api/v1/monitor");
        using var response = await world.Router.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[6];
        await body.ReadExactlyAsync(buffer);
        Assert.Equal("first ", Encoding.ASCII.GetString(buffer));
        read.SetResult();
        Assert.Equal("second", await new StreamReader(body).ReadToEndAsync());
    }

    [Fact]
    public async Task ALongBodyIsStreamedWhole()
    {
        var length = 0L;
        Answer(async context =>
        {
            using var sink = new MemoryStream();
            await context.Request.Body.CopyToAsync(sink);
            length = sink.ToArray().LongCount(b => b == 'x');
            await context.Response.WriteAsync("{}");
        });
        var connection = world.Connect("dashboards_write");
        using var request = world.Router.Request(
            connection,
            HttpMethod.Post,
            "/api/v1/dashboard",
            new StringContent(new string('x', 1_000_000))
        );
        Assert.Equal(200, (await world.Router.SendAsync(request)).Status);
        Assert.Equal(1_000_000, length);
    }

    private void Answer(RequestDelegate answer) => world.Datadog.Answer = context => answer(context);
}
