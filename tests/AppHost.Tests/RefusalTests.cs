using System.Net;
using System.Text;
using System.Text.Json;
using Partner.ServiceDefaults;
using Partner.Testing;

namespace Partner.AppHost.Tests;

/// <summary>What a client of Datadog's gets to see when something is wrong: Datadog's own answers, never a 500.</summary>
public class RefusalTests(WholeSystem system)
{
    private const string UnknownKey = "0123456789abcdef0123456789abcdef";

    [Fact]
    public async Task UnknownKeyIsForbidden()
    {
        var (status, body) = await PostAsync("api/v2/logs", UnknownKey, "[{\"message\":\"x\"}]");
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Equal("403", body.GetProperty("errors")[0].GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("api/v2/logs", "[{\"message\":")]
    [InlineData("api/v2/logs", "not json")]
    public async Task MalformedBodyIsABadRequestInDatadogsShape(string path, string text)
    {
        var tenant = await system.ConnectAsync("malformed");
        var (status, body) = await PostAsync(path, tenant.Key.Key, text);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        var error = body.GetProperty("errors")[0];
        Assert.Equal(
            ("400", "Bad Request"),
            (error.GetProperty("status").GetString(), error.GetProperty("title").GetString())
        );
    }

    [Fact]
    public async Task MalformedBodyOnTheLegacyPathHasItsShape()
    {
        var tenant = await system.ConnectAsync("malformed-legacy");
        var (status, body) = await PostAsync("v1/input", tenant.Key.Key, "[{\"message\":");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(400, body.GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task TooLargeIsRefusedInDatadogsShape()
    {
        var tenant = await system.ConnectAsync("too-large");
        var (status, body) = await PostAsync(
            "api/v2/logs",
            tenant.Key.Key,
            $"[{{\"message\":\"{new string('x', 5_100_000)}\"}}]"
        );
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.Equal("413", body.GetProperty("errors")[0].GetProperty("status").GetString());
    }

    [Fact]
    public async Task UnknownRouteIsNotFound()
    {
        var (status, body) = await PostAsync("api/v9/nothing", UnknownKey, "{}");
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal(JsonValueKind.Array, body.GetProperty("errors").ValueKind);
    }

    [Theory]
    [InlineData("logs")]
    [InlineData("postgres")]
    [Trait("fault", "F7")]
    public async Task WhatIsDownAnswers503WithRetryAfterAndComesBack(string resource)
    {
        var tenant = await system.ConnectAsync($"down-{resource}");
        await system.KillAsync(resource);
        try
        {
            using var response = await SendAsync("api/v2/logs", tenant.Key.Key, "[{\"message\":\"while down\"}]");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.NotNull(response.Headers.RetryAfter?.Delta);
        }
        finally
        {
            await system.StartAgainAsync(resource);
        }

        var status = await Until.AnsweredAsync(
            async () => (await PostAsync("api/v2/logs", tenant.Key.Key, "[{\"message\":\"back\"}]")).Status,
            s => s != HttpStatusCode.ServiceUnavailable
        );
        Assert.Equal(HttpStatusCode.Accepted, status);
        await Until.AnsweredAsync(
            () => system.Sandbox.ItemsAsync(tenant.Org.Id, "logs"),
            i => i.Contains("{\"message\":\"back\"}")
        );
    }

    [Theory]
    [InlineData("datadoghq.com.evil.example")]
    [InlineData("evil.example")]
    [InlineData("user@evil.example")]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("datadoghq.com:8443")]
    [Trait("security", "20")]
    public async Task HostileSiteIsRefusedBeforeAnyConnection(string domain)
    {
        using var response = await system.Http.GetAsync(
            new Uri(system.Gateway, $"/connect?domain={Uri.EscapeDataString(domain)}")
        );
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Null(response.Headers.Location);
    }

    /// <summary>The gateway's genuine key, but a token for another callee: no callee can replay it elsewhere.</summary>
    [Theory]
    [InlineData("auth", "/internal/v1/ingest-keys?after=0")]
    [InlineData("vault", "/internal/v1/sealing-keys")]
    [InlineData("site-router", "/internal/v1/connections/con_00000000000000000000000000000000/route")]
    [Trait("security", "44")]
    public async Task ATokenForOneServiceIsRefusedByAnother(string service, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Endpoint(service), path));
        request.Headers.Authorization = new("Bearer", system.GatewayIdentity.TokenFor("logs", ServiceClaims.None));
        using var response = await system.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    [Trait("security", "44")]
    public async Task TheGatewayMayNotReadWhatOnlySendersMay()
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            new Uri(Endpoint("vault"), "/internal/v1/sealing-keys")
        );
        request.Headers.Authorization = new("Bearer", system.GatewayIdentity.TokenFor("vault", ServiceClaims.None));
        using var response = await system.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    private Uri Endpoint(string service) =>
        Aspire.Hosting.Testing.DistributedApplicationHostingTestingExtensions.GetEndpoint(system.App, service, "http");

    private async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, string key, string text)
    {
        using var response = await SendAsync(path, key, text);
        var body = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, JsonSerializer.Deserialize<JsonElement>(body));
    }

    private Task<HttpResponseMessage> SendAsync(string path, string key, string text)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(system.Gateway, path))
        {
            Content = new StringContent(text, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("DD-API-KEY", key);
        return system.Http.SendAsync(request);
    }
}
