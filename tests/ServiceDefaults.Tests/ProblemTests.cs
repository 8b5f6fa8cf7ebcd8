using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Partner.ServiceDefaults.Tests;

public sealed class ProblemTests
{
    [Theory]
    [InlineData("Development", """{"name":""", "application/json", 400)]
    [InlineData("Production", """{"name":""", "application/json", 400)]
    [InlineData("Development", """{"name":7}""", "application/json", 400)]
    [InlineData("Production", """{"name":null}""", "application/json", 400)]
    [InlineData("Development", "{}", "application/json", 400)]
    [InlineData("Production", "{}", "application/json", 400)]
    [InlineData("Production", "name=x", "text/plain", 415)]
    [InlineData("Development", "name=x", "text/plain", 415)]
    public async Task AMalformedBodyIsTheClientsMistakeEverywhere(
        string environment,
        string body,
        string type,
        int status
    )
    {
        await using var host = new ServiceHost(environment);
        await host.InitializeAsync();

        var answer = await host.SendAsync(
            "/named",
            body: new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(type))
        );

        Assert.Equal(
            (status, "application/problem+json"),
            (answer.Status, answer.Response.Content.Headers.ContentType?.MediaType)
        );
        Assert.Equal(status == 400 ? "bad-request" : "unsupported-media-type", TypeOf(answer.Body));
    }

    [Theory]
    [InlineData("Development")]
    [InlineData("Production")]
    public async Task AnUnparsableIdIsTheClientsMistakeEverywhere(string environment)
    {
        await using var host = new ServiceHost(environment);
        await host.InitializeAsync();

        var answer = await host.SendAsync("/number/x");

        Assert.Equal((400, "bad-request"), (answer.Status, TypeOf(answer.Body)));
    }

    [Theory]
    [InlineData("/nowhere", false, 404, "not-found")]
    [InlineData("/nowhere", true, 404, "not-found")]
    [InlineData("/named", true, 405, "method-not-allowed")]
    public async Task WhatRoutingDoesNotFindItSaysItself(string path, bool withToken, int status, string type)
    {
        await using var host = new ServiceHost();
        await host.InitializeAsync();

        var answer = await host.SendAsync(path, withToken ? host.Caller.TokenFor("callee") : null);

        Assert.Equal((status, type), (answer.Status, TypeOf(answer.Body)));
    }

    [Theory]
    [InlineData("database")]
    [InlineData("service")]
    [InlineData("socket")]
    [InlineData("timeout")]
    public async Task WhatIsDownBehindUsIs503WithRetryAfter(string how)
    {
        await using var host = new ServiceHost();
        await host.InitializeAsync();

        var answer = await host.SendAsync($"/fails/{how}");

        Assert.Equal(
            (503, "5", "unavailable"),
            (answer.Status, answer.Response.Headers.RetryAfter?.ToString(), TypeOf(answer.Body))
        );
        Assert.DoesNotContain("10.1.2.3", answer.Body);
    }

    [Theory]
    [InlineData("28P01")]
    [InlineData("28000")]
    public async Task ARoleThatTheDatabaseDoesNotTakeIs503AndNamed(string state)
    {
        await using var host = new ServiceHost();
        await host.InitializeAsync();

        var answer = await host.SendAsync($"/fails/{state}");

        Assert.Equal(
            (503, "5", "unavailable"),
            (answer.Status, answer.Response.Headers.RetryAfter?.ToString(), TypeOf(answer.Body))
        );
        Assert.DoesNotContain("hunter2", answer.Body);
        Assert.Single(
            host.Logs.Messages,
            line => line.Contains($"does not accept this service's role or password ({state})")
        );
    }

    [Theory]
    [Trait("security", "49")]
    [InlineData("Development")]
    [InlineData("Production")]
    public async Task A500SaysNothingOfTheInside(string environment)
    {
        await using var host = new ServiceHost(environment);
        await host.InitializeAsync();

        var answer = await host.SendAsync("/fails/otherwise");

        Assert.Equal((500, "error"), (answer.Status, TypeOf(answer.Body)));
        Assert.DoesNotContain("hunter2", answer.Body);
        Assert.DoesNotContain("InvalidOperation", answer.Body);
        Assert.DoesNotContain(" at ", answer.Body);
    }

    private static string? TypeOf(string problem) =>
        JsonDocument.Parse(problem).RootElement.GetProperty("type").GetString();
}
