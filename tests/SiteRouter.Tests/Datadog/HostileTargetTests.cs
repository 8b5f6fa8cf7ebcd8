using System.Net.Sockets;
using System.Text;
using Partner.Contracts;
using Partner.SiteRouter.Datadog;

namespace Partner.SiteRouter.Tests.Datadog;

/// <summary>What looks like one path to us and like another to somebody behind us is no path.</summary>
[Trait("security", "25")]
public sealed class HostileTargetTests(FakeWorld world) : IClassFixture<FakeWorld>
{
    public static TheoryData<string> Paths =>
        [
            "/api/v1/monitor/..%2f..%2fv2%2fapi_keys",
            "/api/v1/monitor/%2e%2e/%2e%2e/v2/api_keys",
            "/api/v1/monitor/%252e%252e/%252e%252e/v2/api_keys",
            "/api/v1/monitor%2f123",
            "/api/v1/monitor%2F123",
            "/api/v1/monitor%5c123",
            "/api/v1/monitor\\123",
            "/api/v1/monitor/..\\..\\v2\\api_keys",
            "/api/v1/./monitor",
            "/api/v1/monitor/.",
            "/api/v1/monitor/..",
            "/api/v1/../v1/monitor",
            "/../../../../internal/v1/connections",
            "/api//v1/monitor",
            "//api/v1/monitor",
            "//evil.tld/api/v1/monitor",
            "/api/v1/monitor/",
            "/api/v1/monitor;a=b",
            "/api/v1/monitor;/../../v2/api_keys",
            "/api/v1/monitor%3b",
            "/api/v1/monitor%00",
            "/api/v1/monitor%0d%0aX-Injected:%20a",
            "/api/v1/monitor%20",
            "/api/v1/monitor%",
            "/api/v1/monitor%zz",
            "/api/v1/%6donitor",
            "/api/v1/monitor%23",
            "/api/v1/monitor%3Fa=b",
            "/api/v1/monitor#fragment",
            "/api/v1/monitor?a=b#fragment",
            "/api/v1/monitor?a=\\b",
            "/api/v1/m\u00f6nitor",
            "/api/v1/monitor@evil.tld",
            "/@evil.tld/api/v1/monitor",
            "/api/v1/mon:itor",
            "/https://evil.tld/api/v1/monitor",
            "/https:%2f%2fevil.tld/api/v1/monitor",
            "/.evil.tld/api/v1/monitor",
            "/API/V1/monitor",
            "",
            "/",
            "?all=true",
        ];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task ItIsRefusedBeforeAnythingIsAsked(string path)
    {
        var connection = world.Connect("monitors_read", "monitors_write", "metrics_read");
        var answer = await ExchangeAsync(connection, $"/partner/v1/connections/{connection}/datadog{path}");
        // Plain, but nothing of ours; or gone from this endpoint before it is reached.
        var isPlain =
            path is "/API/V1/monitor" or "/.evil.tld/api/v1/monitor" or "/../../../../internal/v1/connections";
        Assert.Equal(isPlain ? "HTTP/1.1 404 Not Found" : "HTTP/1.1 400 Bad Request", answer.Split("\r\n")[0]);
        Assert.Empty(world.Datadog.Requests);
    }

    [Theory]
    [InlineData("http://api.us5.datadoghq.com/partner/v1/connections/{0}/datadog/api/v1/monitor")]
    [InlineData("http://site-router/partner/v1/connections/{0}/datadog/api/v1/monitor")]
    [InlineData("http://evil.tld/partner/v1/connections/{0}/datadog/api/v1/monitor")]
    [InlineData("/partner/v1/connections/{0}/datadog/../datadog/api/v1/monitor")]
    [InlineData("/partner/v1/connections/{0}/%64atadog/api/v1/monitor")]
    [InlineData("/Partner/v1/connections/{0}/datadog/api/v1/monitor")]
    public async Task AnotherFormOfTheWholeTargetIsRefused(string target)
    {
        var connection = world.Connect("monitors_read");
        var answer = await ExchangeAsync(connection, string.Format(target, connection));
        Assert.Equal("HTTP/1.1 400 Bad Request", answer.Split("\r\n")[0]);
        Assert.Empty(world.Datadog.Requests);
    }

    [Theory]
    [InlineData("/api/v1/monitor", "", "/api/v1/monitor", "", false)]
    [InlineData("/api/v1/monitor", "?", "/api/v1/monitor", "", false)]
    [InlineData(
        "/api/v2/metrics/a.b_c/tags",
        "?page[size]=1&x=%2F..%2F",
        "/api/v2/metrics/a.b_c/tags",
        "?page[size]=1&x=%2F..%2F",
        false
    )]
    [InlineData("/api/v1/monitor", "?a=1&all=true&b=2", "/api/v1/monitor", "?a=1&b=2", true)]
    [InlineData("/api/v1/monitor", "?all=false", "/api/v1/monitor", "", false)]
    [InlineData("/api/v1/monitor", "?all", "/api/v1/monitor", "", false)]
    [InlineData("/api/v1/monitor", "?all=true&all=false", "/api/v1/monitor", "", false)]
    public void APlainTargetIsTakenAsItIs(string path, string query, string expected, string expectedQuery, bool all)
    {
        var connection = ConnectionId.New();
        var target = ApiTarget.Parse($"/partner/v1/connections/{connection}/datadog{path}{query}", connection);
        Assert.Equal((expected, expectedQuery, all), (target!.Path, target.Query, target.All));
    }

    [Fact]
    public async Task AnotherConnectionsIdInThePathIsNotTheOneThatIsAsked()
    {
        var connection = world.Connect("monitors_read");
        Assert.Null(
            ApiTarget.Parse($"/partner/v1/connections/{connection}/datadog/api/v1/monitor", ConnectionId.New())
        );
        var reply = await world.Router.SendAsync(ConnectionId.New(), HttpMethod.Get, "/api/v1/monitor");
        Assert.Equal((404, "not-found"), reply.Problem);
    }

    // By hand: no HTTP client would send these.
    private async Task<string> ExchangeAsync(ConnectionId connection, string target)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var client = new TcpClient();
        await client.ConnectAsync(world.Router.Url.Host, world.Router.Url.Port, patience.Token);
        var stream = client.GetStream();
        var request =
            $"GET {target} HTTP/1.1\r\nHost: site-router\r\nConnection: close\r\n"
            + $"Authorization: Bearer {world.Router.ServiceToken(connection, "manage")}\r\n\r\n";
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), patience.Token);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(patience.Token);
    }
}
