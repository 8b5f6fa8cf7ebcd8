using Google.Rpc;
using Microsoft.Extensions.Options;
using Partner.Gateway.Tests.Grpc;

namespace Partner.Gateway.Tests.Site;

/// <summary>Which hosts are the site's, whatever way they are written, and what the others hear.</summary>
public sealed class SiteHostTests(SiteGateway site) : IClassFixture<SiteGateway>
{
    private const string Key = "0123456789abcdef0123456789abcdef";

    private const string Unknown =
        "No such host of dd.partner.example. Before it stands one of: api, event-management-intake, http-intake.logs, "
        + "otlp, public-trace-http-intake.logs, trace.agent, KEY.agent (an ingest key).";

    [Theory]
    [InlineData("metrics.dd.partner.example")]
    [InlineData("app.dd.partner.example")]
    [InlineData("logs.dd.partner.example")]
    [InlineData("agent.dd.partner.example")]
    [InlineData("x.api.dd.partner.example")]
    [InlineData("api.api.dd.partner.example")]
    [InlineData(".dd.partner.example")]
    [InlineData("0123456789abcdef0123456789abcde.agent.dd.partner.example")]
    [InlineData("0123456789abcdef0123456789abcdef0.agent.dd.partner.example")]
    [InlineData("0123456789abcdef0123456789abcdef.dd.partner.example")]
    [InlineData("0123456789abcdef0123456789abcdef.agent.other.dd.partner.example")]
    [InlineData("OTHER.DD.PARTNER.EXAMPLE.:8443")]
    [Trait("security", "29")]
    public async Task AnUnknownHostIs421AndNamesThoseThatThereAre(string host)
    {
        foreach (var path in new[] { "/api/v2/logs", "/api/v1/series", "/nowhere", "/connect" })
        {
            var answer = await AskAsync(host, "POST", path);

            Assert.StartsWith("HTTP/1.1 421 Misdirected Request\r\n", answer, StringComparison.Ordinal);
            Assert.Contains(Unknown, answer, StringComparison.Ordinal);
            Assert.DoesNotContain(Key[..31], answer, StringComparison.Ordinal);
        }
    }

    /// <summary>Written otherwise, it is the same host: 404 is its word on a path of another product.</summary>
    [Theory]
    [InlineData("otlp.dd.partner.example")]
    [InlineData("otlp.dd.partner.example:443")]
    [InlineData("otlp.dd.partner.example.")]
    [InlineData("otlp.dd.partner.example.:8443")]
    [InlineData("OTLP.Dd.PARTNER.example")]
    public async Task AHostIsTheSameHoweverItIsWritten(string host)
    {
        const string Elsewhere =
            "otlp.dd.partner.example does not take this path; http-intake.logs.dd.partner.example does.";

        Assert.StartsWith("HTTP/1.1 403 ", await AskAsync(host, "POST", "/v1/logs"), StringComparison.Ordinal);
        var answer = await AskAsync(host, "POST", "/api/v2/logs");
        Assert.StartsWith("HTTP/1.1 404 ", answer, StringComparison.Ordinal);
        Assert.Contains(Elsewhere, answer, StringComparison.Ordinal);
    }

    /// <summary>A host that is none of the site's decides nothing: the cluster's names, an address, PublicUrl elsewhere.</summary>
    [Theory]
    [InlineData("gateway:8080")]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]:8080")]
    [InlineData("partner.example")]
    [InlineData("evildd.partner.example")]
    [InlineData("api.dd.partner.example.evil.example")]
    [InlineData("http-intake.logs.datadoghq.com")]
    [InlineData("otlp.dd.partner.example..")]
    public async Task AHostOutsideOfTheSiteTakesEverything(string host)
    {
        Assert.StartsWith("HTTP/1.1 401 ", await AskAsync(host, "POST", "/api/v2/logs"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 403 ", await AskAsync(host, "POST", "/v1/traces"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 202 ", await AskAsync(host, "GET", "/connect"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("otlp", "PUT", "/v1/logs", "405")]
    [InlineData("http-intake.logs", "PUT", "/v1/logs", "404")]
    [InlineData("http-intake.logs", "GET", "/nowhere", "404")]
    [InlineData("http-intake.logs", "TRACE", "/api/v2/logs", "501")]
    [InlineData("http-intake.logs", "POST", "/api/v2/../v2/logs", "400")]
    public async Task OtherRefusalsAreWhatTheyWere(string label, string method, string path, string status) =>
        Assert.StartsWith(
            $"HTTP/1.1 {status} ",
            await AskAsync($"{label}.dd.partner.example", method, path),
            StringComparison.Ordinal
        );

    /// <summary>Datadog's clients find the words where they look for them: each path has its own shape of errors.</summary>
    [Theory]
    [InlineData("/api/v2/logs", """{"errors":[{"status":"404","title":"Not Found","detail":"{0}"}]}""")]
    [InlineData("/v1/input", """{"code":404,"message":"{0}"}""")]
    public async Task TheRefusalHasTheShapeOfThePath(string path, string body)
    {
        var answer = await site.AskAsync("otlp.dd.partner.example", "POST", path);

        const string Text =
            "otlp.dd.partner.example does not take this path; http-intake.logs.dd.partner.example does.";
        Assert.Equal((404, body.Replace("{0}", Text, StringComparison.Ordinal)), answer.StatusAndBody);
    }

    [Fact]
    public async Task OurOwnPathsAnswerProblems()
    {
        var elsewhere = await site.AskAsync("otlp.dd.partner.example", "GET", "/partner/v1/tenants");
        var nowhere = await site.AskAsync("other.dd.partner.example", "GET", "/partner/v1/tenants");

        Assert.Contains("\"type\":\"not-found\"", elsewhere.Body, StringComparison.Ordinal);
        Assert.Contains("api.dd.partner.example does.", elsewhere.Body, StringComparison.Ordinal);
        Assert.Contains("\"type\":\"misdirected\"", nowhere.Body, StringComparison.Ordinal);
    }

    /// <summary>A key in the right place reaches the service behind, and a good key does not open the wrong one.</summary>
    [Fact]
    public async Task DataArrivesByItsHostAlone()
    {
        var (key, entry) = await site.Gateway.NewKeyAsync();
        var before = site.Gateway.Sender.Requests.Count;

        var right = await site.AskAsync("http-intake.logs.dd.partner.example", "POST", "/api/v2/logs", key);
        var wrong = await site.AskAsync("otlp.dd.partner.example", "POST", "/api/v2/logs", key);
        var keyed = await site.AskAsync($"{key}.agent.dd.partner.example", "POST", "/v1/logs");

        Assert.Equal((202, 404, 202), ((int)right.Status, (int)wrong.Status, (int)keyed.Status));
        Assert.Equal(before + 2, site.Gateway.Sender.Requests.Count);
        Assert.Equal(entry.Connection.Text, site.Gateway.Sender.Last.Caller.Claims.Connection);
    }

    [Theory]
    [InlineData("otlp", Code.Ok, "")]
    [InlineData("api", Code.Ok, "")]
    [InlineData(
        "trace.agent",
        Code.Unimplemented,
        "trace.agent.dd.partner.example does not take this path; otlp.dd.partner.example does."
    )]
    [InlineData("grpc", Code.Unimplemented, Unknown)]
    public async Task GrpcIsJudgedAlike(string label, Code code, string message)
    {
        await using var grpc = new GrpcHost([$"--Site:Domain={SiteGateway.Domain}"]);
        await grpc.InitializeAsync();
        var (key, _) = await grpc.Gateway.NewKeyAsync();

        var answer = await grpc.CallAsync(
            key,
            GrpcHost.Frame([]),
            headers: headers => headers.Host = $"{label}.{SiteGateway.Domain}"
        );

        Assert.Equal((code, message), answer.CodeAndMessage);
    }

    [Theory]
    [InlineData("Site:Domain=example")]
    [InlineData("Site:Domain=DD.partner.example")]
    [InlineData("Site:Domain=dd.partner.example.")]
    [InlineData("Site:Domain=dd.partner.example:443")]
    [InlineData("Site:Domain=https://dd.partner.example")]
    [InlineData("Site:Domain=*.partner.example")]
    [InlineData("Site:Domain=dd..example")]
    [InlineData("Site:PublicUrl=dd.partner.example")]
    public async Task AWrongSettingStopsTheStart(string setting)
    {
        await using var host = new GatewayHost($"--{setting}");

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.InitializeAsync().AsTask());

        Assert.Contains(setting.Split('=')[0], refused.Message, StringComparison.Ordinal);
    }

    // By hand: an HttpClient refuses some of these names.
    private Task<string> AskAsync(string host, string method, string path) =>
        Raw.ExchangeAsync(
            site.Gateway.Url,
            $"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        );
}
