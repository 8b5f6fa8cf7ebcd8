namespace Partner.Sandbox;

/// <summary>
/// Why the sandbox answered as it did: named in the header X-Sandbox-Fact and in the journal, so that a refusal can be
/// looked up. "ND" marks what is documented nowhere: there the sandbox chose, and usually has a switch.
/// </summary>
internal static class Fact
{
    public const string NoSuchHost = "datadog-facts 1.1-1.3: no Datadog site has this host";
    public const string WrongHost = "datadog-facts 1.2: the Host header is not the host that TLS was opened to";
    public const string TlsOnly = "datadog-facts 1.2: this host is served over TLS alone";
    public const string NoSuchPath =
        "ND: the body of a 404 is not documented; datadog-facts 1.2 says which path is on which host";

    public const string UnknownClient = "datadog-facts 2.3, 2.6: Invalid client_id parameter value, no redirect";
    public const string RedirectMismatch = "datadog-facts 2.3, 2.6: Mismatching redirect URI, no redirect";
    public const string ResponseType = "datadog-facts 2.3: response_type is code";
    public const string Pkce =
        "datadog-facts 2.3: code_challenge with S256; whether it is required is ND (switch requirePkce)";
    public const string AppDisabled = "datadog-facts 2.6, 2.7: the org has disabled the app";
    public const string UnknownOrg = "sandbox: no such org";
    public const string Denied = "datadog-facts 2.3: the user denied";

    public const string ClientSecret =
        "datadog-facts 2.6, 2.11: a confidential client without its one active secret is 401; body ND";
    public const string ContentType =
        "datadog-facts 2.5: a missing or wrong content type shows as Invalid code or code verifier";
    public const string CodeUnknown = "datadog-facts 2.2, 2.6: the code is unknown on this site";
    public const string CodeUsed = "datadog-facts 2.4: a code works once";
    public const string CodeExpired =
        "datadog-facts 2.4: the code's lifetime is over; how long it is is ND (switch codeLifetimeSeconds)";
    public const string CodeOfAnotherClient = "datadog-facts 2.5: the code was given to another client";
    public const string CodeRedirect = "datadog-facts 2.5: redirect_uri is not the one of the authorize request";
    public const string CodeVerifier = "datadog-facts 2.6: the code verifier does not match the challenge";
    public const string GrantType = "datadog-facts 2.5: grant_type is authorization_code or refresh_token";
    public const string RefreshUnknown = "datadog-facts 2.6: refresh token revoked or unknown on this site; text ND";
    public const string RefreshRotated =
        "datadog-facts 2.5: the refresh token was rotated; the old one's life is ND (switch rotate)";
    public const string RevokeParameters = "datadog-facts 2.6: revoke with missing or invalid parameters is 400";

    public const string BearerDead = "datadog-facts 2.6: token expired, revoked, or of another site";
    public const string MissingScope = "datadog-facts 2.8: the key endpoint needs the scope api_keys_write";
    public const string MissingPermission = "datadog-facts 2.6: the authorizing user lacks the permission";
    public const string KeyExists = "datadog-facts 2.8: one key per org and client; a second call is 409";
    public const string CurrentUserClosed =
        "datadog-facts 2.10: an endpoint may refuse a token whatever its scopes (switch currentUser)";
    public const string KeyRequired = "datadog-facts 2.4: validate without a key is 403 API key required";
    public const string KeyInvalid = "datadog-facts 2.6: bad or revoked key, or a key of another site";
    public const string KeySettling =
        "datadog-facts 9.4: how soon a new key is active is ND (switch newKeySettlingSeconds)";

    public const string LogsNoKey = "datadog-facts 3.3: 401 missing key";
    public const string LogsNoKeyLegacy = "datadog-facts 3.3: 403 permission issue";
    public const string LogsBadKey = "datadog-facts 3.3: 403 bad key, or a key of another site";
    public const string LogsTooLarge = "datadog-facts 3.3: 413 over 5 MB uncompressed";
    public const string LogsTooMany = "datadog-facts 3.3: at most 1000 entries; the status for more is ND, 413 chosen";
    public const string LogsMalformed = "datadog-facts 3.3: 400 payload";
    public const string LogsEncoding =
        "datadog-facts 3.3: Content-Encoding is identity, gzip or deflate; the status for others is ND, 415 chosen";
    public const string KeyInQuery = "datadog-facts 3.1: api_key in the query is deprecated";
    public const string FaultScript = "sandbox: a fault was asked for";
    public const string Held = "sandbox: held, and the client left before the release";
}
