using System.Net;
using Partner.ServiceDefaults;

namespace Partner.Gateway.Tests;

public sealed class PeopleTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    [Theory]
    [InlineData("/connect", "?domain=us3.datadoghq.com&site=a%2Fb")]
    [InlineData("/connect/sessions/abc", "")]
    [InlineData("/oauth/callback", "?code=c&state=s")]
    [Trait("security", "45")]
    public async Task CookiesAndQueryReachAuthAndTheAddressIsOurs(string path, string query)
    {
        var answer = await host.SendAsync(
            HttpMethod.Get,
            path + query,
            headers: h =>
            {
                h.Add("Cookie", "__Host-attempt=abc; b=c");
                h.Add("X-Forwarded-For", "198.51.100.7");
                h.Add("X-Forwarded-Host", "evil.example");
            }
        );

        Assert.Equal(HttpStatusCode.Accepted, answer.Status);
        var received = host.Auth.Service.Last;
        Assert.Equal((path, query), (received.Path, received.Query));
        Assert.Equal("__Host-attempt=abc; b=c", received.Headers["Cookie"]);
        Assert.Equal("127.0.0.1", received.Headers["X-Forwarded-For"]);
        Assert.DoesNotContain("X-Forwarded-Host", received.Headers.Keys);
        Assert.Equal(new ServiceCaller("gateway", ServiceClaims.None), received.Caller);
    }

    [Theory]
    [Trait("security", "44")]
    [InlineData("/connect", "/partner/v1/tenants")]
    [InlineData("/partner/v1/tenants", "/connect")]
    public async Task TheTokenOfOneWayInOpensNoOther(string path, string other)
    {
        await host.PartnerAsync(HttpMethod.Get, path, GatewayHost.AdminToken);
        var token = host.Auth.Service.Last.Headers["Authorization"];
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        foreach (var (target, status) in new[] { (path, HttpStatusCode.Accepted), (other, HttpStatusCode.Forbidden) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, host.Auth.Url + target);
            request.Headers.Add("Authorization", token);
            using var response = await client.SendAsync(request);
            Assert.Equal(status, response.StatusCode);
        }
    }

    [Fact]
    public async Task BehindAnIngressTheAddressIsTheOneThatItSaw()
    {
        await using var host = new GatewayHost("--Forwarding:TrustedProxies:0=127.0.0.1/32");
        await host.InitializeAsync();

        await host.SendAsync(
            HttpMethod.Get,
            "/connect",
            headers: h => h.Add("X-Forwarded-For", "203.0.113.9, 198.51.100.7")
        );

        Assert.Equal("198.51.100.7", host.Auth.Service.Last.Headers["X-Forwarded-For"]);
    }
}
