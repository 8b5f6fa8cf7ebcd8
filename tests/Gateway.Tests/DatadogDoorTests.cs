using System.Net;
using Partner.ServiceDefaults;

namespace Partner.Gateway.Tests;

public sealed class DatadogDoorTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    private const string Prefix = "/partner/v1/connections/con_0197c0de000070008000000000000001/datadog";

    [Theory]
    [InlineData("GET", GatewayHost.ReaderToken, "viewer", "read")]
    [InlineData("POST", GatewayHost.ReaderToken, "viewer", "read")]
    [InlineData("DELETE", GatewayHost.AdminToken, "main", "manage")]
    public async Task ReadsAndEditsGoToTheRouterWhichKnowsWhatEachRoleMay(
        string method,
        string token,
        string actor,
        string role
    )
    {
        var answer = await host.PartnerAsync(
            new HttpMethod(method),
            $"{Prefix}/api/v1/monitor?page[size]=1&all=true",
            token
        );

        Assert.Equal(HttpStatusCode.Accepted, answer.Status);
        var received = host.Router.Last;
        Assert.Equal(
            (method, $"{Prefix}/api/v1/monitor", "?page[size]=1&all=true"),
            (received.Method, received.Path, received.Query)
        );
        Assert.Equal(new ServiceCaller("gateway", new ServiceClaims(Actor: actor, Role: role)), received.Caller);
        Assert.DoesNotContain(received.Headers, header => header.Value.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task WithoutACredentialNothingIsForwarded()
    {
        var before = host.Router.Requests.Count;
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await host.PartnerAsync(HttpMethod.Get, $"{Prefix}/api/v1/monitor", null)).Status
        );
        Assert.Equal(before, host.Router.Requests.Count);
    }

    [Fact]
    public async Task TheConnectionItselfIsAuths()
    {
        await host.PartnerAsync(HttpMethod.Get, Prefix[..Prefix.LastIndexOf('/')], GatewayHost.ReaderToken);
        Assert.Equal(Prefix[..Prefix.LastIndexOf('/')], host.Auth.Service.Last.Path);
    }

    // What a service takes for a path must be what a client wrote, or nothing that a service knows.
    [Theory]
    [InlineData("/api/v1/monitor%2f..%2fx")]
    [InlineData("/api/v1/monitor%5cx")]
    [InlineData("/api/v1/monitor%252e%252e")]
    [InlineData("/api/v1/monitor;a=b")]
    [InlineData("/api/v1//monitor")]
    public async Task ATrickStaysVisibleToTheRouter(string path)
    {
        var before = host.Router.Requests.Count;
        await Raw.ExchangeAsync(
            host.Url,
            $"GET {Prefix}{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {GatewayHost.AdminToken}\r\n\r\n"
        );
        var forwarded = host.Router.Requests.Skip(before).Select(request => request.Path[Prefix.Length..]).ToList();
        Assert.All(
            forwarded,
            text => Assert.Contains(text, character => "%\\;/".Contains(character, StringComparison.Ordinal))
        );
        Assert.DoesNotContain("/api/v1/monitor", forwarded);
    }
}
