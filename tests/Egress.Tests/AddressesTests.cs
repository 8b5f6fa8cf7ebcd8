using System.Net;

namespace Partner.Egress.Tests;

[Trait("security", "25")]
public sealed class AddressesTests
{
    [Theory]
    [InlineData(
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255"
    )]
    [InlineData(
        "169.254.0.1",
        "169.254.169.254",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.0"
    )]
    [InlineData(
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255"
    )]
    [InlineData(
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "100::1",
        "fe80::1"
    )]
    [InlineData("fe80::1%1", "fc00::1", "fdff::1", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1", "4000::1")]
    [InlineData(
        "2001::1",
        "2001:10::1",
        "2002:0a00:0001::1",
        "2002:0808:0808::1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::8.8.8.8",
        "64:ff9b::7f00:1"
    )]
    public void SpecialAddressesAreNotPublic(params string[] addresses) =>
        Assert.DoesNotContain(addresses, address => Addresses.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData(
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0"
    )]
    [InlineData(
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255"
    )]
    [InlineData("2606:4700::1", "2600:1f00::1", "2001:4860:4860::8888", "64:ff9b::8.8.8.8")]
    public void OthersAre(params string[] addresses) =>
        Assert.All(addresses, address => Assert.True(Addresses.IsPublic(IPAddress.Parse(address)), address));
}
