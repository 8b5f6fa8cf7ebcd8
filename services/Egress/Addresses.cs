using System.Net;
using System.Net.Sockets;

namespace Partner.Egress;

/// <summary>
/// Which addresses are of the public internet. IPv4 by
/// https://www.iana.org/assignments/iana-ipv4-special-registry, IPv6 by
/// https://www.iana.org/assignments/iana-ipv6-special-registry.
/// </summary>
internal static class Addresses
{
    private static readonly IPNetwork[] SpecialV4 = Parse(
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4"
    );

    private static readonly IPNetwork GlobalV6 = IPNetwork.Parse("2000::/3");

    // Teredo and 6to4 hold an arbitrary IPv4 address.
    private static readonly IPNetwork[] SpecialV6 = Parse("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    // RFC 6052: the last 32 bits are the IPv4 address that the translator will dial.
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>What is not public of IPv4 and of IPv6's 2000::/3: the manifests' policies leave out the same.</summary>
    public static IEnumerable<IPNetwork> Special => [.. SpecialV4, .. SpecialV6];

    public static bool IsPublic(IPAddress address)
    {
        // IPNetwork.Contains compares the IPv4 address inside of a mapped one, with IPv6 networks too.
        if (address.IsIPv4MappedToIPv6)
        {
            return false;
        }

        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return !SpecialV4.Any(network => network.Contains(address));
        }

        return Nat64.Contains(address)
            ? IsPublic(new IPAddress(address.GetAddressBytes().AsSpan(12)))
            : GlobalV6.Contains(address) && !SpecialV6.Any(network => network.Contains(address));
    }

    /// <param name="listed">Networks of the operator's. An IPv4 address in IPv6's clothes is in none of them.</param>
    public static bool IsPublicOrIn(IPAddress address, IPNetwork[] listed) =>
        IsPublic(address) || (!address.IsIPv4MappedToIPv6 && listed.Any(network => network.Contains(address)));

    private static IPNetwork[] Parse(params string[] networks) => [.. networks.Select(IPNetwork.Parse)];
}
