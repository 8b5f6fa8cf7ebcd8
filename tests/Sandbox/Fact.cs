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
        "datadog-facts 3.3: identity, gzip, deflate, and zstd as the Agent sends it; the status for others is ND";
    public const string LogsLate = "datadog-facts 3.3: a log may be 18 hours old, an older one vanishes after its 202";
    public const string LogsSeconds =
        "datadog-facts 3.3: a log's time is milliseconds; seconds are 1970, and such a log vanishes after its 202";
    public const string LogsTruncated = "datadog-facts 3.3: a log above 1 MB is accepted and truncated";

    public const string KeyUnchecked =
        "datadog-facts 3.1: metrics are accepted under any key; under a dead one they reach nobody";
    public const string SeriesTooLarge = "datadog-facts 3.2: the size limits, on the wire and decompressed";
    public const string SeriesMalformed = "datadog-facts 3.2: metric and points are required; the error's text is ND";
    public const string PointLate = "datadog-facts 3.2: a point may be 1 hour old or 10 minutes ahead, others vanish";
    public const string TooManyPoints = "limits 3.1: v2 drops a payload above 10,000 points";
    public const string IntakeEncoding = "datadog-facts 3.2: deflate, gzip and zstd1; the status for others is ND";

    public const string CheckMalformed = "datadog-facts 3.5: check, host_name and status 0 to 3 are required";
    public const string CheckTooLarge = "datadog-facts 3.5: the size limit is ND; the Agent's own is kept (limits 3.1)";
    public const string CheckLate = "datadog-facts 3.5: a check may be 10 minutes old, an older one vanishes";

    public const string EventMalformed = "datadog-facts 3.4: title is required, and fields have their form";
    public const string EventTextLong = "datadog-facts 3.4: text is at most 4000 characters, a longer one is cut";
    public const string EventLate = "datadog-facts 3.4: an event may be 18 hours old";
    public const string EventEarly = "datadog-facts 3.4: an event may be 2 hours ahead; the text of the refusal is ND";
    public const string EventTooLarge = "datadog-facts 3.4: no size limit is documented; 5 MB chosen";
    public const string EventV2Key =
        "datadog-facts 2.9: events v2 need an application key (switch eventsV2NeedsApplicationKey)";
    public const string EventV2Malformed = "datadog-facts 3.4: the schema of events v2";

    public const string IncidentScope = "datadog-facts 3.7: the scope incident_read or incident_write";
    public const string IncidentMalformed = "datadog-facts 3.7: the body of an incident; the error's text is ND";
    public const string IncidentUnknown = "datadog-facts 3.7: no such incident in this org";
    public const string IncidentPage = "datadog-facts 3.7: page[size] is 1 to 100";

    public const string KeyInQuery = "datadog-facts 3.1: api_key in the query is deprecated";
    public const string FaultScript = "sandbox: a fault was asked for";
    public const string Held = "sandbox: held, and the client left before the release";
}
