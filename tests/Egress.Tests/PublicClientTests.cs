using System.Net;

namespace Partner.Egress.Tests;

[Trait("security", "25")]
public sealed class PublicClientTests
{
    [Theory]
    [InlineData("http://partner.example/hook")]
    [InlineData("https://127.0.0.1/hook")]
    [InlineData("https://2130706433/hook")]
    [InlineData("https://0x7f.1/hook")]
    [InlineData("https://[::1]/hook")]
    [InlineData("https://[::ffff:10.0.0.1]/hook")]
    [InlineData("https://[64:ff9b::a00:1]/hook")]
    [InlineData("https://10.0.0.1/hook")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://localhost/hook")]
    [InlineData("https://user@partner.example/hook")]
    [InlineData("https://partner.example/hook#x")]
    [InlineData("ftp://partner.example/hook")]
    public async Task WhatIsNotPublicIsRefusedBeforeAnyConnection(string url)
    {
        using var host = new EgressHost();
        await Assert.ThrowsAsync<EgressRefusedException>(() => host.Public.GetAsync(url));
        Assert.Empty(host.Asked);
        Assert.Empty(host.Dialled);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.1.2.3")]
    [InlineData("169.254.169.254")]
    [InlineData("::1")]
    [InlineData("fd00::1")]
    [InlineData("::ffff:192.168.0.1")]
    public async Task ANameThatResolvesToAPrivateAddressIsNotDialled(string address)
    {
        using var host = new EgressHost(dns: _ => [IPAddress.Parse(address)]);
        var failed = await Assert.ThrowsAsync<HttpRequestException>(() =>
            host.Public.GetAsync("https://partner.example/hook")
        );
        Assert.IsType<EgressRefusedException>(failed.InnerException);
        Assert.Empty(host.Dialled);
    }

    [Fact]
    public async Task OfSeveralAddressesOnlyThePublicOnesAreDialled()
    {
        using var host = new EgressHost(dns: _ => [IPAddress.Parse("10.0.0.1"), IPAddress.Parse("8.8.4.4")]);
        await Assert.ThrowsAsync<HttpRequestException>(() => host.Public.GetAsync("https://partner.example:8443/hook"));
        Assert.Equal(["8.8.4.4:8443"], host.Dialled);
    }

    [Fact]
    public async Task ANetworkThatTheOperatorListsIsDialledAndDatadogsIsNotThatOne()
    {
        using var host = new EgressHost(
            new() { ["Egress:PartnerNetworks:0"] = "10.1.0.0/16" },
            dns: _ => [IPAddress.Parse("10.1.2.3")]
        );
        await Assert.ThrowsAsync<HttpRequestException>(() => host.Public.GetAsync("https://partner.internal/hook"));
        Assert.Equal(["10.1.2.3:443"], host.Dialled);
        await Assert.ThrowsAsync<HttpRequestException>(() => host.Client.GetAsync("https://api.datadoghq.com/"));
        Assert.Single(host.Dialled);
    }

    [Theory]
    [InlineData("Development", 1)]
    [InlineData("Production", 0)]
    public async Task OnlyInDevelopmentThisHostIsCalledWithoutTls(string environment, int dialled)
    {
        using var host = new EgressHost(environment: environment, dns: _ => [IPAddress.Loopback]);
        await Assert.ThrowsAnyAsync<Exception>(() => host.Public.GetAsync("http://localhost:4000/hook"));
        Assert.Equal(dialled, host.Dialled.Count);
    }
}
