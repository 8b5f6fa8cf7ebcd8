using System.Collections.Frozen;

namespace Partner.Egress;

/// <summary>What a request to Datadog must look like before anything is connected.</summary>
internal static class OutboundRequestRules
{
    // A credential stands in Authorization, DD-API-KEY or a body; never where access logs keep it (security 30).
    private static readonly FrozenSet<string> CredentialParameters = new[]
    {
        "access_token",
        "api_key",
        "app_key",
        "application_key",
        "client_secret",
        "code",
        "code_verifier",
        "dd-api-key",
        "dd-application-key",
        "refresh_token",
        "token",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <returns>Why the request is refused; null if it is not.</returns>
    public static EgressDenial? Against(HttpRequestMessage request, SiteRegistry sites)
    {
        if (request.RequestUri is not { IsAbsoluteUri: true } uri)
        {
            return EgressDenial.Url;
        }

        if (uri.Scheme != Uri.UriSchemeHttps || !uri.IsDefaultPort)
        {
            return EgressDenial.Scheme;
        }

        // A Host header of its own would also name the certificate that is asked for and checked.
        if (!sites.Allows(uri.Host) || (request.Headers.Host is { } host && host != uri.Host))
        {
            return EgressDenial.Host;
        }

        return uri.UserInfo != "" || uri.Fragment != "" || HoldsCredential(uri) ? EgressDenial.Url : null;
    }

    private static bool HoldsCredential(Uri uri)
    {
        // The legacy logs intake takes a key in the path: /v1/input/<key>.
        if (uri.AbsolutePath.StartsWith("/v1/input/", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        return uri
            .Query.TrimStart('?')
            .Split('&')
            .Any(pair => CredentialParameters.Contains(Uri.UnescapeDataString(pair.Split('=', 2)[0])));
    }
}
