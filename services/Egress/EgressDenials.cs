using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Partner.Egress;

/// <summary>Counts and logs refused requests: the host, never the URL.</summary>
internal sealed partial class EgressDenials
{
    private readonly ILogger<EgressDenials> _logger;
    private readonly Counter<long> _refused;

    public EgressDenials(ILogger<EgressDenials> logger, IMeterFactory meters)
    {
        _logger = logger;
        _refused = meters
            .Create("Partner.Egress")
            .CreateCounter<long>("egress.refused", "{request}", "Requests that were not allowed to leave, by reason.");
    }

    public EgressRefusedException Because(EgressDenial reason, string host)
    {
        _refused.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString().ToLowerInvariant()));
        Log.Refused(_logger, reason, host);
        return new EgressRefusedException(
            reason switch
            {
                EgressDenial.Scheme => $"{host}: only HTTPS on its default port leaves.",
                EgressDenial.Host => $"{host} is not a host of a Datadog site of this deployment.",
                EgressDenial.Url => $"{host}: user information, a fragment or a credential in a URL does not leave.",
                EgressDenial.Address =>
                    $"{host} resolves to no address that is public or in Egress:AllowedPrivateNetworks.",
                EgressDenial.Endpoint =>
                    $"{host} is not of the public internet, nor in Egress:PartnerNetworks, or its URL is not https.",
                _ => $"{host} is refused.",
            }
        );
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Refused a request to {Host}: {Reason}")]
        public static partial void Refused(ILogger logger, EgressDenial reason, string host);
    }
}

internal enum EgressDenial
{
    Scheme,
    Host,
    Url,
    Address,

    /// <summary>A partner's own endpoint; see <see cref="PublicUrls"/>.</summary>
    Endpoint,
}
