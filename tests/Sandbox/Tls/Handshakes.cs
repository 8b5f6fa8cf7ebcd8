using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Tls;

/// <summary>Chooses the certificate by SNI; a name that no site has gets no handshake.</summary>
internal sealed class Handshakes(Authority authority, Journal journal)
{
    private readonly ConcurrentDictionary<string, SslStreamCertificateContext> _leaves = new(
        StringComparer.OrdinalIgnoreCase
    );

    public ValueTask<SslServerAuthenticationOptions> ChooseAsync(TlsHandshakeCallbackContext context)
    {
        var name = context.ClientHelloInfo.ServerName;
        if (SiteTable.FindHost(name) is not { } host)
        {
            journal.Add(
                new JournalEntry
                {
                    Method = "TLS",
                    Host = name,
                    Fact = Fact.NoSuchHost,
                }
            );
            throw new AuthenticationException("No Datadog site has the host of this handshake.");
        }

        var leaf = _leaves.GetOrAdd(
            host.Host,
            known => SslStreamCertificateContext.Create(authority.Issue(known), [authority.Public], offline: true)
        );
        return ValueTask.FromResult(
            new SslServerAuthenticationOptions
            {
                ServerCertificateContext = leaf,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            }
        );
    }
}
