using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Partner.Egress;

/// <summary>
/// Dials the sandbox on loopback instead of Datadog. URL, Host, SNI and TLS stay real: everything before the socket is
/// what runs in production, and the certificate is checked against the sandbox's CA, host name included.
/// </summary>
internal sealed class SandboxHop(Uri endpoint, Uri pages, Dial dial)
{
    private const string AuthorityPath = "/_sandbox/ca.pem";

    private readonly HttpClient _pages = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            PooledConnectionLifetime = TimeSpan.Zero,
            ConnectCallback = (_, cancellationToken) => DialLoopbackAsync(pages, dial, cancellationToken),
        }
    );

    private volatile X509Certificate2? _authority;

    public async ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        // Asked anew for each connection: a restarted sandbox has a new CA.
        var pem = await _pages.GetStringAsync(new Uri(pages, AuthorityPath), cancellationToken);
        _authority = X509Certificate2.CreateFromPem(pem);
        return await DialLoopbackAsync(endpoint, dial, cancellationToken);
    }

    public bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (
            certificate is not X509Certificate2 leaf
            || _authority is not { } authority
            || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None
        )
        {
            return false;
        }

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.Add(authority);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.DisableCertificateDownloads = true;
        own.ChainPolicy.ApplicationPolicy.Add(new("1.3.6.1.5.5.7.3.1"));
        return own.Build(leaf);
    }

    // localhost is dialled as what it has to be, without a look-up.
    private static async ValueTask<Stream> DialLoopbackAsync(Uri uri, Dial dial, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(uri.DnsSafeHost, out var address))
        {
            return await dial(new IPEndPoint(address, uri.Port), cancellationToken);
        }

        try
        {
            return await dial(new IPEndPoint(IPAddress.Loopback, uri.Port), cancellationToken);
        }
        catch (SocketException)
        {
            return await dial(new IPEndPoint(IPAddress.IPv6Loopback, uri.Port), cancellationToken);
        }
    }
}
