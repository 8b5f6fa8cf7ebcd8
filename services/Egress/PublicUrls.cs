using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Partner.Egress;

/// <summary>
/// Which URLs of a partner's own endpoints may be called: HTTPS to the public internet or to a network that the
/// operator lists; in Development loopback too, also without TLS.
/// </summary>
public sealed class PublicUrls
{
    private readonly IPNetwork[] _listed;
    private readonly bool _loopback;

    internal PublicUrls(IOptions<EgressOptions> options, IHostEnvironment environment) =>
        (_listed, _loopback) = (
            [.. options.Value.PartnerNetworks.Select(IPNetwork.Parse)],
            environment.IsDevelopment()
        );

    /// <returns>Why it is refused before anything is resolved; null if it is not.</returns>
    public string? Refuses(Uri url) =>
        url switch
        {
            { IsAbsoluteUri: false } => "It is not an absolute URL.",
            _ when url.UserInfo != "" || url.Fragment != "" => "User information or a fragment does not belong in it.",
            _ when IPAddress.TryParse(url.DnsSafeHost, out var literal) && !Allows(literal) =>
                "Its address is not one of the public internet.",
            _ when url.Scheme == Uri.UriSchemeHttps => url.IsLoopback && !_loopback ? "It is this host's own." : null,
            _ when url.Scheme == Uri.UriSchemeHttp && url.IsLoopback && _loopback => null,
            _ => "Only https is called.",
        };

    internal bool Allows(IPAddress address) =>
        Addresses.IsPublicOrIn(address, _listed) || (_loopback && IPAddress.IsLoopback(address));
}
