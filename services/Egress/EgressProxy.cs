using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Partner.Egress;

/// <summary>
/// The way to partners' endpoints through <see cref="EgressOptions.Proxy"/>, which resolves their names itself. Such a name
/// is of a partner's choice, unlike Datadog's: where our own DNS knows it, it leads to allowed addresses alone, or the
/// proxy is not asked to connect (security 25).
/// </summary>
internal sealed class EgressProxy(IOptions<EgressOptions> options, Resolve resolve) : IWebProxy
{
    private readonly Uri? _proxy = options.Value.Proxy;
    private readonly IPNetwork[] _networks = [.. options.Value.AllowedPrivateNetworks.Select(IPNetwork.Parse)];

    public bool IsConfigured => _proxy is not null;

    public ICredentials? Credentials { get; set; }

    public Uri? GetProxy(Uri destination) => _proxy;

    // Loopback is let through in Development alone, and no proxy leads there.
    public bool IsBypassed(Uri host) => host.IsLoopback;

    public bool IsAt(DnsEndPoint target) =>
        _proxy is not null && target.Host == _proxy.Host && target.Port == _proxy.Port;

    public bool Allows(IPAddress address) => Addresses.IsPublicOrIn(address, _networks);

    /// <summary>False: our DNS leads the host to an address that may not be called.</summary>
    public async Task<bool> MayReachAsync(Uri url, Func<IPAddress, bool> isAllowed, CancellationToken cancellationToken)
    {
        if (_proxy is null || url.IsLoopback || IPAddress.TryParse(url.DnsSafeHost, out _))
        {
            return true;
        }

        try
        {
            return (await resolve(url.IdnHost, cancellationToken)).All(isAllowed);
        }
        catch (SocketException)
        {
            // Where only the proxy knows the names of the internet.
            return true;
        }
    }
}
