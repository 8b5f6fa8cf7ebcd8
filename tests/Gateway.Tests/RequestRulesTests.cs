namespace Partner.Gateway.Tests;

/// <summary>What is refused before it is known who is asking.</summary>
public sealed class RequestRulesTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    public static TheoryData<string> TwoReadings =>
        [
            "..",
            ".",
            "a/..",
            "../../B/datadog/api/v1/monitor",
            "%2e%2e",
            "%2E",
            ".%2e",
            "%2e.",
            "a/%2e%2e/b",
            "a%2fb",
            "a%2Fb",
            "..%2f..%2fb",
            "a%5cb",
            "a%5Cb",
            "a\\b",
            "..\\..\\b",
            "a//b",
            "/a",
            "%61pi/v1/monitor",
            "%41",
            "%7e",
            "%2d",
            "%5f",
            "%30",
            "%252e%252e",
            "%25",
            "%00",
            "a%00b",
            "%0d%0aX:%20a",
            "%7f",
            "%1f",
            "%",
            "a%2",
            "%zz",
            "a%g0",
            "%ff",
            "%c3",
            "%c3%28",
            "%c0%ae",
            "%e0%80%ae",
        ];

    public static TheoryData<string> OneReading =>
        [
            "a",
            "a/",
            "a-b_c.d~e",
            "...",
            "..a",
            ".a",
            "a%20b",
            "a%3Ab",
            "a%2Bb",
            "%C3%BC",
            "%f0%9f%98%80",
            "a;b=c",
            "a:b",
            "@a",
            "a,b",
        ];

    [Theory]
    [MemberData(nameof(TwoReadings))]
    [Trait("security", "43")]
    public async Task APathWithTwoReadingsReachesNobody(string path)
    {
        var connection = Contracts.ConnectionId.New();
        foreach (
            var prefix in new[]
            {
                $"/partner/v1/connections/{connection}/datadog/",
                $"/partner/v1/connections/{connection}/",
                "/partner/v1/senders/logs/",
                "/partner/v1/",
                "/connect/",
                "/oauth/",
                "/api/v2/",
                "/",
            }
        )
        {
            foreach (var method in new[] { "GET", "DELETE" })
            {
                var before = (host.Auth.Service.Requests.Count, host.Router.Requests.Count, host.Sender.Requests.Count);

                var answer = await AskAsync(method, prefix + path);

                Assert.StartsWith("HTTP/1.1 400 ", answer);
                Assert.Equal(
                    before,
                    (host.Auth.Service.Requests.Count, host.Router.Requests.Count, host.Sender.Requests.Count)
                );
            }
        }
    }

    [Theory]
    [InlineData("?api_key=0123456789abcdef0123456789abcdef")]
    [InlineData("?all=true")]
    [InlineData("?a=../..&b=%2e%2e%2f")]
    public async Task AQueryHidesNoneAndIsNone(string query)
    {
        Assert.StartsWith("HTTP/1.1 400 ", await AskAsync("GET", $"/partner/v1/connections/a/datadog/../../b{query}"));
        Assert.StartsWith("HTTP/1.1 202 ", await AskAsync("GET", $"/partner/v1/tenants{query}"));
    }

    [Theory]
    [InlineData("http://gateway.example/partner/v1/connections/a/datadog/..", 400)]
    [InlineData("http://gateway.example/partner/v1/%74enants", 400)]
    [InlineData("http://gateway.example//partner/v1/tenants", 400)]
    [InlineData("http://gateway.example/partner/v1/tenants", 202)]
    [InlineData("http://gateway.example", 404)]
    public async Task TheAbsoluteFormIsJudgedAlike(string target, int status)
    {
        var answer = await Raw.ExchangeAsync(
            host.Url,
            $"GET {target} HTTP/1.1\r\nHost: gateway.example\r\nAuthorization: Bearer {GatewayHost.AdminToken}\r\n\r\n"
        );

        Assert.StartsWith($"HTTP/1.1 {status} ", answer);
    }

    [Theory]
    [MemberData(nameof(OneReading))]
    public async Task APathWithOneGoesOn(string path)
    {
        Assert.StartsWith("HTTP/1.1 202 ", await AskAsync("GET", $"/partner/v1/tenants/{path}"));
        Assert.Equal($"/partner/v1/tenants/{Uri.UnescapeDataString(path)}", host.Auth.Service.Last.Path);
    }

    [Theory]
    [InlineData("/partner/v1/../../internal/v1/ingest-keys", 400)]
    [InlineData("/partner/v1/%2e%2e/%2e%2e/internal/v1/ingest-keys", 400)]
    [InlineData("/internal/v1/ingest-keys", 404)]
    [InlineData("//internal/v1/ingest-keys", 400)]
    public async Task NoPathLeadsToWhatIsInternal(string path, int status)
    {
        var before = host.Auth.Asked.Count;

        Assert.StartsWith($"HTTP/1.1 {status} ", await AskAsync("GET", $"{path}?after=0"));
        Assert.Equal(before, host.Auth.Asked.Count);
    }

    [Theory]
    [InlineData("CONNECT", "/partner/v1/tenants", "not-implemented")]
    [InlineData("TRACE", "/partner/v1/tenants", "not-implemented")]
    [InlineData("PROPFIND", "/partner/v1/tenants", "not-implemented")]
    [InlineData("get", "/partner/v1/tenants", "not-implemented")]
    [InlineData("CONNECT", "/connect", "not-implemented")]
    [InlineData("CONNECT", "gateway.example:443", "Method not implemented")]
    [InlineData("CONNECT", "/api/v2/logs", "Method not implemented")]
    [InlineData("QUERY", "/api/v2/logs", "Method not implemented")]
    public async Task AMethodThatNothingHereHasIs501(string method, string target, string word)
    {
        var answer = await AskAsync(method, target);

        Assert.StartsWith("HTTP/1.1 501 ", answer);
        Assert.Contains(word, answer);
        Assert.DoesNotContain("Retry-After", answer);
    }

    [Fact]
    [Trait("fault", "F31")]
    public async Task ABodyThatStopsComingIs408()
    {
        var (key, _) = await host.NewKeyAsync();

        var answer = await Raw.ExchangeAsync(
            host.Url,
            $"POST /api/v2/logs HTTP/1.1\r\nHost: x\r\nDD-API-KEY: {key}\r\nContent-Length: 100\r\n\r\n["
        );

        Assert.StartsWith("HTTP/1.1 408 ", answer);
        Assert.DoesNotContain("Retry-After", answer);
    }

    private Task<string> AskAsync(string method, string target) =>
        Raw.ExchangeAsync(
            host.Url,
            $"{method} {target} HTTP/1.1\r\nHost: {(target[0] == '/' ? "x" : target)}\r\nAuthorization: Bearer {GatewayHost.AdminToken}\r\n\r\n"
        );
}
