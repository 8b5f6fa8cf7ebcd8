using System.Net;
using Microsoft.Extensions.Options;

namespace Partner.Egress;

/// <summary>Asks DNS.</summary>
internal delegate Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken);

/// <summary>Opens a TCP connection to exactly this address.</summary>
internal delegate ValueTask<Stream> Dial(IPEndPoint address, CancellationToken cancellationToken);

/// <summary>
/// Opens the connections: to hosts of the registry and to addresses that it has checked (security 25).
/// </summary>
internal sealed class GuardedConnector(
    IOptions<EgressOptions> options,
    SiteRegistry sites,
    EgressDenials refusals,
    CheckedDial checkedDial,
    Dial dial
)
{
    private readonly IPNetwork[] _allowed = [.. options.Value.AllowedPrivateNetworks.Select(IPNetwork.Parse)];
    private readonly Uri? _proxy = options.Value.Proxy;

    /// <summary>Null but in a local run.</summary>
    public SandboxHop? Sandbox { get; } =
        options.Value.Sandbox is { Endpoint: { } endpoint, Pages: { } pages }
            ? new SandboxHop(endpoint, pages, dial)
            : null;

    public async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context,
        CancellationToken cancellationToken
    )
    {
        var target = context.DnsEndPoint;
        // Checked again: this is the last place before a socket.
        var isProxy = _proxy is not null && target.Host == _proxy.Host && target.Port == _proxy.Port;
        if (!isProxy && !(sites.Allows(target.Host) && target.Port == 443))
        {
            throw refusals.Because(EgressDenial.Host, target.Host);
        }

        return Sandbox is { } sandbox
            ? await sandbox.ConnectAsync(cancellationToken)
            : await checkedDial.ConnectAsync(
                target,
                address => Addresses.IsPublicOrIn(address, _allowed),
                EgressDenial.Address,
                cancellationToken
            );
    }
}
