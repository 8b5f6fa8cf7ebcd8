using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Partner.Egress.Tests;

/// <summary>Partners' endpoints where an egress proxy is the only way out.</summary>
[Trait("security", "25")]
public sealed class PublicProxyTests
{
    private const string Endpoint = "https://partner.example:8443/hook";

    [Fact]
    [Trait("security", "27")]
    public async Task TheProxyIsAskedForTheNameAndTheCertificateIsTheEndpoints()
    {
        await using var partner = await FakeDatadog.StartAsync();
        await using var proxy = new ConnectProxy(partner.TlsPort);
        using var host = HostBehind(proxy);

        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => host.Public.GetAsync(Endpoint));

        // TLS goes through to the endpoint, whose certificate is of an authority that the system does not know.
        Assert.IsType<AuthenticationException>(failure.InnerException);
        Assert.Equal(["CONNECT partner.example:8443 HTTP/1.1"], proxy.Lines);
        Assert.Equal([$"127.0.0.1:{proxy.Port}"], host.Dialled);
        Assert.Empty(partner.Requests);
    }

    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("::ffff:10.1.2.3")]
    [InlineData("8.8.4.4 10.1.2.3")]
    public async Task ANameThatOurDnsLeadsInsideIsNotAskedFor(string addresses)
    {
        await using var proxy = new ConnectProxy(target: 1);
        using var host = HostBehind(proxy, dns: [.. addresses.Split(' ').Select(IPAddress.Parse)]);

        await Assert.ThrowsAsync<EgressRefusedException>(() => host.Public.GetAsync(Endpoint));

        Assert.Empty(host.Dialled);
        Assert.Empty(proxy.Lines);
    }

    [Theory]
    [InlineData("8.8.4.4")]
    [InlineData("10.7.2.3")]
    public async Task ANameThatOurDnsLeadsToWhereItMayBeIsAskedFor(string address)
    {
        await using var partner = await FakeDatadog.StartAsync();
        await using var proxy = new ConnectProxy(partner.TlsPort);
        using var host = HostBehind(
            proxy,
            new() { ["Egress:PartnerNetworks:0"] = "10.7.0.0/16" },
            dns: IPAddress.Parse(address)
        );

        await Assert.ThrowsAsync<HttpRequestException>(() => host.Public.GetAsync(Endpoint));

        Assert.Equal(["CONNECT partner.example:8443 HTTP/1.1"], proxy.Lines);
    }

    [Fact]
    public async Task AProxyAtAnAddressThatIsNotListedIsNotDialled()
    {
        await using var proxy = new ConnectProxy(target: 1);
        using var host = HostBehind(proxy, new() { ["Egress:AllowedPrivateNetworks:0"] = "10.1.0.0/16" });

        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => host.Public.GetAsync(Endpoint));

        Assert.IsType<EgressRefusedException>(failure.InnerException);
        Assert.Empty(host.Dialled);
    }

    [Theory]
    [InlineData("https://10.0.0.1/hook")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("http://partner.example/hook")]
    public async Task WhatIsRefusedWithoutAProxyIsRefusedWithOne(string url)
    {
        await using var proxy = new ConnectProxy(target: 1);
        using var host = HostBehind(proxy);

        await Assert.ThrowsAsync<EgressRefusedException>(() => host.Public.GetAsync(url));

        Assert.Empty(host.Asked);
        Assert.Empty(proxy.Lines);
    }

    [Fact]
    public async Task InDevelopmentThisHostIsCalledPastTheProxy()
    {
        await using var proxy = new ConnectProxy(target: 1);
        using var host = HostBehind(proxy, environment: "Development");

        await Assert.ThrowsAsync<HttpRequestException>(() => host.Public.GetAsync("http://127.0.0.1:1/hook"));

        Assert.Equal(["127.0.0.1:1"], host.Dialled);
        Assert.Empty(proxy.Lines);
    }

    /// <param name="dns">What our own DNS says to the endpoint's name; nothing: it does not know it.</param>
    private static EgressHost HostBehind(
        ConnectProxy proxy,
        Dictionary<string, string?>? settings = null,
        string environment = "Production",
        params IPAddress[] dns
    )
    {
        var all = new Dictionary<string, string?>
        {
            ["Egress:Proxy"] = $"http://proxy.internal:{proxy.Port}",
            ["Egress:AllowedPrivateNetworks:0"] = "127.0.0.0/8",
        };
        foreach (var (key, value) in settings ?? [])
        {
            all[key] = value;
        }

        return new EgressHost(
            all,
            environment,
            name =>
                name == "proxy.internal" ? [IPAddress.Loopback]
                : dns is [] ? throw new SocketException((int)SocketError.HostNotFound)
                : dns,
            Sockets.DialAsync
        );
    }
}
