using System.Diagnostics;
using System.Net;
using System.Security.Authentication;

namespace Partner.Egress.Tests;

[Trait("security", "27")]
public sealed class TlsTests
{
    [Fact]
    public async Task TheSandboxIsDialledAndEverythingElseStaysReal()
    {
        await using var sandbox = await FakeDatadog.StartAsync();
        using var host = HostBy(sandbox);
        Assert.Equal("ok", await host.Client.GetStringAsync("https://http-intake.logs.us5.datadoghq.com/api/v2/logs"));
        Assert.Equal(["GET https://http-intake.logs.us5.datadoghq.com/api/v2/logs"], sandbox.Requests);
        Assert.Empty(host.Asked);
        Assert.Equal([$"127.0.0.1:{sandbox.PagesPort}", $"127.0.0.1:{sandbox.TlsPort}"], host.Dialled);
    }

    [Fact]
    public async Task ARestartedSandboxIsTrustedByItsNewAuthority()
    {
        await using var first = await FakeDatadog.StartAsync();
        await using var second = await FakeDatadog.StartAsync();
        var current = first;
        using var host = HostBy(
            first,
            dial: (address, cancellationToken) =>
                Sockets.DialAsync(
                    new(address.Address, address.Port == first.TlsPort ? current.TlsPort : current.PagesPort),
                    cancellationToken
                )
        );
        Assert.Equal("ok", await host.Client.GetStringAsync("https://api.datadoghq.com/"));
        current = second;
        Assert.Equal("ok", await host.Client.GetStringAsync("https://api.us3.datadoghq.com/"));
        Assert.Equal(["GET https://api.us3.datadoghq.com/"], second.Requests);
    }

    [Fact]
    public async Task ACertificateOfAnotherAuthorityIsRefused()
    {
        await using var sandbox = await FakeDatadog.StartAsync(showsOwnAuthority: false);
        using var host = HostBy(sandbox);
        await RefusesCertificateAsync(host, sandbox);
    }

    [Fact]
    public async Task ACertificateOfAnotherHostIsRefused()
    {
        await using var sandbox = await FakeDatadog.StartAsync(certificateFor: "api.us3.datadoghq.com");
        using var host = HostBy(sandbox);
        await RefusesCertificateAsync(host, sandbox);
    }

    [Fact]
    public async Task WithoutTheSandboxOnlyTheSystemsAuthoritiesAreTrusted()
    {
        await using var server = await FakeDatadog.StartAsync();
        foreach (var environment in new[] { "Production", "Development" })
        {
            using var host = new EgressHost(
                environment: environment,
                dial: (_, cancellationToken) =>
                    Sockets.DialAsync(new(IPAddress.Loopback, server.TlsPort), cancellationToken)
            );
            await RefusesCertificateAsync(host, server);
        }
    }

    [Fact]
    public async Task PlainHttpBehindTheSocketIsNotSpoken()
    {
        await using var server = await FakeDatadog.StartAsync();
        using var host = new EgressHost(
            dial: (_, cancellationToken) =>
                Sockets.DialAsync(new(IPAddress.Loopback, server.PagesPort), cancellationToken)
        );
        await Assert.ThrowsAsync<HttpRequestException>(() => host.Client.GetAsync("https://api.datadoghq.com/"));
        Assert.Empty(server.Requests);
    }

    [Fact]
    [Trait("security", "25")]
    public async Task ARedirectIsAnAnswerLikeOthersAndNoCookieIsKept()
    {
        await using var sandbox = await FakeDatadog.StartAsync();
        using var host = HostBy(sandbox);
        using var response = await host.Client.GetAsync("https://api.datadoghq.com/redirect");
        Assert.Equal(HttpStatusCode.TemporaryRedirect, response.StatusCode);
        Assert.Empty(sandbox.Requests);
        Assert.Equal("ok", await host.Client.GetStringAsync("https://api.datadoghq.com/after"));
        Assert.Equal(["Host"], Assert.Single(sandbox.Headers));
    }

    [Fact]
    [Trait("security", "29")]
    public async Task OurTraceContextStaysInside()
    {
        await using var sandbox = await FakeDatadog.StartAsync();
        using var host = HostBy(sandbox);
        using var activity = new Activity("test").AddBaggage("tenant", "ten_1").Start();
        await host.Client.GetStringAsync("https://api.datadoghq.com/");
        Assert.Equal(["Host"], Assert.Single(sandbox.Headers));
    }

    private static async Task RefusesCertificateAsync(EgressHost host, FakeDatadog server)
    {
        var failure = await Assert.ThrowsAsync<HttpRequestException>(() =>
            host.Client.GetAsync("https://api.datadoghq.com/")
        );
        Assert.IsType<AuthenticationException>(failure.InnerException);
        Assert.Empty(server.Requests);
    }

    private static EgressHost HostBy(FakeDatadog sandbox, Dial? dial = null) =>
        new(
            new()
            {
                ["Egress:Sandbox:Endpoint"] = $"tcp://localhost:{sandbox.TlsPort}",
                ["Egress:Sandbox:Pages"] = $"http://localhost:{sandbox.PagesPort}",
            },
            "Development",
            dial: dial ?? Sockets.DialAsync
        );
}
