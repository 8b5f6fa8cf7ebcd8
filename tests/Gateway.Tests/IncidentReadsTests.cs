using System.Net;
using Microsoft.AspNetCore.Http;
using Partner.ServiceDefaults;

namespace Partner.Gateway.Tests;

/// <summary>Incidents are read where they are declared, with the same key, where the deployment lets them be.</summary>
public sealed class IncidentReadsTests : IAsyncLifetime
{
    private const string Incident = "/api/v2/incidents/0197c0de-0000-7000-8000-000000000001";

    private readonly GatewayHost _host = new("--Ingest:IncidentReads=true");

    public ValueTask InitializeAsync() => _host.InitializeAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("/api/v2/incidents", "?page[size]=2&page[offset]=4&include=users&all=true")]
    [InlineData("/api/v2/incidents/search", "?query=state%3Aactive&sort=-created")]
    [InlineData(Incident, "?include=users")]
    [InlineData($"{Incident}/impacts", "")]
    public async Task ReadsGoToTheRouterForTheKeysConnectionAndNothingElse(string path, string query)
    {
        var (key, entry) = await _host.NewKeyAsync(strict: true);

        Assert.Equal(HttpStatusCode.Accepted, (await _host.SendAsync(HttpMethod.Get, path + query, key)).Status);

        var received = _host.Router.Last;
        Assert.Equal(("GET", path, query), (received.Method, received.Path, received.Query));
        Assert.Equal(
            new ServiceCaller("gateway", new ServiceClaims(entry.Connection.Text, Strict: true)),
            received.Caller
        );
        Assert.DoesNotContain(received.Headers, header => header.Value.Contains(key, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("DELETE", Incident, 405, "PATCH,GET")]
    [InlineData("HEAD", Incident, 405, "PATCH,GET")]
    [InlineData("PUT", "/api/v2/incidents", 405, "POST,GET")]
    [InlineData("POST", "/api/v2/incidents/search", 405, "GET")]
    [InlineData("DELETE", $"{Incident}/impacts", 405, "POST,GET")]
    [InlineData("GET", $"{Incident}/attachments", 404, null)]
    [InlineData("GET", "/api/v2/incidents/config/types", 404, null)]
    [InlineData("GET", "/api/v2/incidents/import", 405, "POST")]
    public async Task WhatIsNoReadOfThemIsRefusedHere(string method, string path, int status, string? allow)
    {
        var (key, _) = await _host.NewKeyAsync();

        var answer = await _host.SendAsync(new HttpMethod(method), path, key);

        Assert.Equal((status, allow), ((int)answer.Status, answer.Header("Allow")));
        Assert.Empty(_host.Router.Requests);
    }

    /// <summary>What a URL shows to proxies and resolvers may append, as ever, and read nothing.</summary>
    [Fact]
    [Trait("security", "43")]
    public async Task AKeyInTheUrlReadsNothing()
    {
        var (key, _) = await _host.NewKeyAsync();

        foreach (
            var (path, host) in new[]
            {
                ($"/api/v2/incidents?api_key={key}", "localhost"),
                ($"/agent/{key}/api/v2/incidents", "localhost"),
                ("/api/v2/incidents", $"{key}.agent.dd.partner.example"),
            }
        )
        {
            var answer = await _host.SendAsync(HttpMethod.Get, path, headers: headers => headers.Host = host);
            Assert.Equal((403, """{"errors":["API key required"]}"""), answer.StatusAndBody);
        }

        Assert.Empty(_host.Router.Requests);
    }

    [Theory]
    [InlineData(null, "API key required")]
    [InlineData("00000000000000000000000000000000", "Forbidden")]
    public async Task WithoutALiveKeyNothingIsForwarded(string? key, string text)
    {
        Assert.Equal(
            (403, $$"""{"errors":["{{text}}"]}"""),
            (await _host.SendAsync(HttpMethod.Get, "/api/v2/incidents", key)).StatusAndBody
        );
        Assert.Empty(_host.Router.Requests);
    }

    /// <summary>A 403 of the grant is the client's to hear; one of our own token is not.</summary>
    [Theory]
    [InlineData(true, 403, """{"errors":["The customer has not granted incident_read."]}""")]
    [InlineData(false, 503, """{"errors":["Service unavailable"]}""")]
    public async Task ARefusalPassesWhereTheRouterSaysThatItIsFinal(bool isFinal, int status, string body)
    {
        var (key, _) = await _host.NewKeyAsync();
        _host.Router.Behaviour = context =>
        {
            context.Response.StatusCode = 403;
            if (isFinal)
            {
                context.Response.Headers["X-Service-Answer"] = "final";
            }

            return context.Response.WriteAsync("""{"errors":["The customer has not granted incident_read."]}""");
        };

        var answer = await _host.SendAsync(HttpMethod.Get, "/api/v2/incidents", key);

        Assert.Equal((status, body), answer.StatusAndBody);
        Assert.Equal((null, isFinal ? null : "5"), (answer.Header("X-Service-Answer"), answer.Header("Retry-After")));
    }

    [Fact]
    [Trait("fault", "F25")]
    public async Task ARouterThatIsDownIs503()
    {
        var (key, _) = await _host.NewKeyAsync();
        await _host.Router.StopAsync();

        var answer = await _host.SendAsync(HttpMethod.Get, Incident, key);

        Assert.Equal((503, """{"errors":["Service unavailable"]}"""), answer.StatusAndBody);
        Assert.Equal("5", answer.Header("Retry-After"));
    }

    /// <summary>Unless a deployment chooses otherwise, a key that leaks can append and no more.</summary>
    [Theory]
    [InlineData("/api/v2/incidents")]
    [InlineData("/api/v2/incidents/search?query=x")]
    [InlineData(Incident)]
    [InlineData($"{Incident}/impacts")]
    [Trait("security", "43")]
    public async Task ByItselfAKeyReadsNothing(string path)
    {
        await using var host = new GatewayHost();
        await host.InitializeAsync();
        var (key, _) = await host.NewKeyAsync();

        var answer = await host.SendAsync(HttpMethod.Get, path, key);

        Assert.Equal(
            (403, """{"errors":["This is not read with an ingest key here; the partner API reads it."]}"""),
            answer.StatusAndBody
        );
        Assert.Empty(host.Router.Requests);
    }
}
