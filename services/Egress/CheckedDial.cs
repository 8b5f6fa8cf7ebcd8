using System.Net;
using System.Net.Sockets;

namespace Partner.Egress;

/// <summary>
/// Asks DNS and dials only addresses that were checked, so that a second answer of DNS cannot slip in between
/// (security 25).
/// </summary>
internal sealed class CheckedDial(Resolve resolve, Dial dial, EgressDenials refusals)
{
    public async ValueTask<Stream> ConnectAsync(
        DnsEndPoint target,
        Func<IPAddress, bool> isAllowed,
        EgressDenial otherwise,
        CancellationToken cancellationToken
    )
    {
        var answer = IPAddress.TryParse(target.Host, out var literal)
            ? [literal]
            : await resolve(target.Host, cancellationToken);
        // IPv4 first: where there is no IPv6 its packets are often lost without a word, the other way round rarely.
        IPAddress[] addresses =
        [
            .. answer.Where(isAllowed).OrderBy(address => address.AddressFamily == AddressFamily.InterNetworkV6),
        ];
        if (addresses.Length == 0)
        {
            throw refusals.Because(otherwise, target.Host);
        }

        for (var i = 0; ; i++)
        {
            try
            {
                return await dial(new IPEndPoint(addresses[i], target.Port), cancellationToken);
            }
            catch (SocketException) when (i < addresses.Length - 1) { }
        }
    }
}
