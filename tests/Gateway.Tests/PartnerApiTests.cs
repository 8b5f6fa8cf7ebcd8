using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Partner.ServiceDefaults;

namespace Partner.Gateway.Tests;

public sealed class PartnerApiTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    [Fact]
    public async Task ACredentialsNameAndRoleReachAuth()
    {
        var answer = await host.PartnerAsync(HttpMethod.Post, "/partner/v1/tenants?x=1", GatewayHost.AdminToken);

        Assert.Equal(HttpStatusCode.Accepted, answer.Status);
        var received = host.Auth.Service.Last;
        Assert.Equal(("POST", "/partner/v1/tenants", "?x=1"), (received.Method, received.Path, received.Query));
        Assert.Equal(new ServiceCaller("gateway", new ServiceClaims(Actor: "main", Role: "manage")), received.Caller);
        Assert.DoesNotContain(received.Headers, header => header.Value.Contains(GatewayHost.AdminToken));
    }

    [Fact]
    public async Task ASendersPartGoesToThatSender()
    {
        var answer = await host.PartnerAsync(
            HttpMethod.Get,
            "/partner/v1/senders/logs/dead-letters",
            GatewayHost.ReaderToken
        );

        Assert.Equal(HttpStatusCode.Accepted, answer.Status);
        Assert.Equal("/partner/v1/senders/logs/dead-letters", host.Sender.Last.Path);
        Assert.Equal(new ServiceClaims(Actor: "viewer", Role: "read"), host.Sender.Last.Caller.Claims);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("wrong")]
    [InlineData("a.b.c")]
    [InlineData("e30.e30.e30")]
    [InlineData(GatewayHost.AdminToken + "x")]
    [InlineData("ADMIN-TOKEN-0123456789-0123456789-ABC")]
    public async Task WithoutACredentialNothingIsForwarded(string? token)
    {
        var before = host.Auth.Service.Requests.Count;

        var answer = await host.PartnerAsync(HttpMethod.Get, "/partner/v1/tenants", token);

        Assert.Equal(
            (HttpStatusCode.Unauthorized, "Bearer", "application/problem+json"),
            (answer.Status, answer.Header("WWW-Authenticate"), answer.Header("Content-Type"))
        );
        Assert.Equal("unauthenticated", JsonDocument.Parse(answer.Body).RootElement.GetProperty("type").GetString());
        Assert.Equal(before, host.Auth.Service.Requests.Count);
    }

    [Fact]
    public async Task AnIngestKeyIsNoPartnerCredential()
    {
        var (key, _) = await host.NewKeyAsync();

        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await host.SendAsync(HttpMethod.Get, "/partner/v1/tenants", key)).Status
        );
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await host.PartnerAsync(HttpMethod.Get, "/partner/v1/tenants", key)).Status
        );
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    public async Task AReaderOnlyReads(string method)
    {
        foreach (var path in new[] { "/partner/v1/tenants", "/partner/v1/senders/logs/dead-letters" })
        {
            var answer = await host.PartnerAsync(new HttpMethod(method), path, GatewayHost.ReaderToken);
            Assert.Equal(HttpStatusCode.Forbidden, answer.Status);
            Assert.Equal("forbidden", JsonDocument.Parse(answer.Body).RootElement.GetProperty("type").GetString());
        }
    }

    [Theory]
    [InlineData("--PartnerCredentials:extra:Token=short", "--PartnerCredentials:extra:Role=manage")]
    [InlineData("--PartnerCredentials:main:Role=owner", "--x=y")]
    [InlineData("--PartnerCredentials:main:Token=", "--x=y")]
    public async Task AWeakCredentialStopsTheStart(params string[] settings)
    {
        await using var weak = new GatewayHost(settings);

        await Assert.ThrowsAsync<OptionsValidationException>(async () => await weak.InitializeAsync());
    }
}
