using System.Net;
using System.Text;

namespace Partner.Gateway.Tests;

/// <summary>A header's value is bytes (RFC 9110 5.5): they go on as they came, and no request fails for them.</summary>
public sealed class HeaderBytesTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    private static string Utf8(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    public static TheoryData<string> Values =>
        [Utf8("Zürich"), "Z\u00fcrich", Utf8("東京 \ud83d\ude00"), "\u0080\u009f\u00ff", "a\tb"];

    [Theory]
    [MemberData(nameof(Values))]
    public async Task TheyReachTheSender(string value)
    {
        var (key, _) = await host.NewKeyAsync();

        var answer = await Raw.ExchangeAsync(
            host.Url,
            $"POST /api/v2/logs HTTP/1.1\r\nHost: x\r\nDD-API-KEY: {key}\r\nX-Team: {value}\r\nUser-Agent: {value}\r\n"
                + $"Content-Type: text/plain; charset={value}\r\nCookie: a={value}\r\nContent-Length: 2\r\n\r\n[]"
        );

        Assert.StartsWith("HTTP/1.1 202 ", answer);
        var headers = host.Sender.Last.Headers;
        Assert.Equal((value, value), (headers["X-Team"], headers["User-Agent"]));
        Assert.Equal($"text/plain; charset={value}", headers["Content-Type"]);
    }

    [Theory]
    [MemberData(nameof(Values))]
    public async Task TheyReachThePagesAndThePartnerApi(string value)
    {
        var connection = Contracts.ConnectionId.New();
        foreach (
            var path in new[]
            {
                "/connect",
                "/oauth/callback",
                "/partner/v1/tenants",
                $"/partner/v1/connections/{connection}/datadog/api/v1/monitor",
            }
        )
        {
            var answer = await Raw.ExchangeAsync(
                host.Url,
                $"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {GatewayHost.AdminToken}\r\n"
                    + $"Cookie: other={value}; b=c\r\nAccept-Language: {value}\r\n\r\n"
            );

            Assert.StartsWith("HTTP/1.1 202 ", answer);
            var headers = (path.Contains("/datadog/") ? host.Router : host.Auth.Service).Last.Headers;
            Assert.Equal(value, headers["Accept-Language"]);
            Assert.Equal(
                !path.StartsWith("/partner", StringComparison.Ordinal) ? $"other={value}; b=c" : null,
                headers.GetValueOrDefault("Cookie")
            );
        }
    }

    [Theory]
    [MemberData(nameof(Values))]
    public async Task TheyComeBackInAnAnswer(string value)
    {
        var (key, _) = await host.NewKeyAsync();
        host.Sender.Behaviour = context =>
        {
            context.Response.Headers["X-Note"] = value;
            context.Response.StatusCode = 202;
            return Task.CompletedTask;
        };

        var answer = await Raw.ExchangeAsync(
            host.Url,
            $"POST /api/v2/logs HTTP/1.1\r\nHost: x\r\nDD-API-KEY: {key}\r\nContent-Length: 2\r\n\r\n[]"
        );

        host.Sender.Behaviour = null;
        Assert.StartsWith("HTTP/1.1 202 ", answer);
        Assert.Contains($"\r\nX-Note: {value}\r\n", answer);
    }

    [Fact]
    public async Task ACredentialOfThemIsFoundByItsBytes()
    {
        const string Token = "zürich-token-0123456789-0123456789-abc";
        await using var own = new GatewayHost(
            $"--PartnerCredentials:zurich:Token={Token}",
            "--PartnerCredentials:zurich:Role=read"
        );
        await own.InitializeAsync();

        foreach (
            var (token, status) in new[]
            {
                (Utf8(Token), HttpStatusCode.Accepted),
                (Token, HttpStatusCode.Unauthorized),
            }
        )
        {
            var answer = await Raw.ExchangeAsync(
                own.Url,
                $"GET /partner/v1/tenants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
            );

            Assert.StartsWith($"HTTP/1.1 {(int)status} ", answer);
        }
    }
}
