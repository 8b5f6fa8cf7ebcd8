using System.Net;

namespace Partner.Gateway.Tests;

/// <summary>Keys of clients that have no header for them.</summary>
public sealed class KeyInUrlTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    [Theory]
    [InlineData("/v1/input/{key}", "localhost", "/v1/input", "")]
    [InlineData("/v1/input/{key}/?ddsource=a&service=b%20c", "localhost", "/v1/input", "?ddsource=a&service=b%20c")]
    [InlineData("/V1/input/{key}", "localhost", null, "")]
    [InlineData("/v1/input/%61{key}", "localhost", null, "")]
    [InlineData("/agent/{key}/api/v2/logs?a=1", "localhost", "/api/v2/logs", "?a=1")]
    [InlineData("/agent/{key}/v1/input", "localhost", "/v1/input", "")]
    [InlineData("/agent/{key}/agent/{key}/api/v2/logs", "localhost", null, "")]
    [InlineData("/agent/{key}/api//v2/logs", "localhost", null, "")]
    [InlineData("/agent/x/../{key}/api/v2/logs", "localhost", null, "")]
    [InlineData("/api/v2/logs", "{key}.agent.dd.partner.example", "/api/v2/logs", "")]
    [InlineData("/api/v2/logs", "{KEY}.Agent.dd.partner.example:8126", "/api/v2/logs", "")]
    [InlineData("/api/v2/logs", "{key}.dd.partner.example", null, "")]
    [InlineData("/api/v2/logs", "a{key}.agent.dd.partner.example", null, "")]
    [InlineData("/api/v2/logs", "{key}.agent.dd.partner.example", "/api/v2/logs", "", "DD-API-KEY: {key}")]
    [InlineData("/api/v2/logs", "{key}.agent.dd.partner.example", null, "", "DD-API-KEY: {other}")]
    [InlineData("/api/v2/logs?api_key={other}", "{key}.agent.dd.partner.example", null, "")]
    [Trait("security", "29")]
    public async Task OneKeyWhereverItStandsIsTheRequests(
        string target,
        string name,
        string? path,
        string query,
        string? header = null
    )
    {
        var (key, entry) = await host.NewKeyAsync();
        var (other, _) = await host.NewKeyAsync();
        var before = host.Sender.Requests.Count;

        var answer = await PostAsync(host, Filled(target), Filled(name), header is null ? null : Filled(header));

        if (path is null)
        {
            Assert.Matches("^HTTP/1.1 4", answer);
            Assert.Equal(before, host.Sender.Requests.Count);
            Assert.DoesNotContain(key, answer);
            return;
        }

        Assert.StartsWith("HTTP/1.1 202 ", answer, StringComparison.Ordinal);
        var received = host.Sender.Last;
        Assert.Equal((path, query), (received.Path, received.Query));
        Assert.Equal(entry.Connection.Text, received.Caller.Claims.Connection);
        Assert.DoesNotContain(received.Headers, h => h.Value.Contains(key, StringComparison.OrdinalIgnoreCase));

        string Filled(string text) =>
            text.Replace("{key}", key, StringComparison.Ordinal)
                .Replace("{KEY}", key.ToUpperInvariant(), StringComparison.Ordinal)
                .Replace("{other}", other, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheyCanBeSwitchedOffAndStayOutOfTheUrl()
    {
        await using var host = new GatewayHost("--Ingest:AcceptKeyInUrl=false");
        await host.InitializeAsync();
        var (key, _) = await host.NewKeyAsync();

        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await host.PostLogsAsync(null, $"/api/v2/logs?api_key={key}")).Status
        );
        Assert.StartsWith("HTTP/1.1 403 ", await PostAsync(host, $"/v1/input/{key}", "x"), StringComparison.Ordinal);
        Assert.StartsWith(
            "HTTP/1.1 401 ",
            await PostAsync(host, "/api/v2/logs", $"{key}.agent.x"),
            StringComparison.Ordinal
        );
        Assert.Equal(HttpStatusCode.Accepted, (await host.PostLogsAsync(key, "/api/v2/logs?api_key=whatever")).Status);
        Assert.Equal("", host.Sender.Last.Query);
    }

    // By hand: an HttpClient would fold the path, and its span would hold it.
    private static Task<string> PostAsync(GatewayHost host, string target, string name, string? header = null) =>
        Raw.ExchangeAsync(
            host.Url,
            $"POST {target} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n{(header is null ? "" : header + "\r\n")}"
                + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"
        );
}
