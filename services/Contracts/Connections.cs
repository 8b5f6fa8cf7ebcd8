using System.Text.Json.Serialization;

namespace Partner.Contracts;

/// <summary>The states of a connection; the snake_case names are what the partner API shows.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConnectionState>))]
public enum ConnectionState
{
    /// <summary>Authorised, but the API key is not there yet.</summary>
    [JsonStringEnumMemberName("pending")]
    Pending,

    [JsonStringEnumMemberName("connected")]
    Connected,

    /// <summary>Something does not work; the reason says what.</summary>
    [JsonStringEnumMemberName("degraded")]
    Degraded,

    /// <summary>The grant is gone: the customer has to authorise again. Data is kept for its grace time.</summary>
    [JsonStringEnumMemberName("reauthorize")]
    Reauthorize,

    /// <summary>A key exists in the org and its value is lost: the repair steps apply (datadog-facts 2.8).</summary>
    [JsonStringEnumMemberName("key_lost")]
    KeyLost,

    [JsonStringEnumMemberName("disconnected")]
    Disconnected,
}

public static class ConnectionStates
{
    /// <summary>The customer's authorisation is over: nothing is done in its name.</summary>
    public static bool HasEnded(this ConnectionState state) =>
        state is ConnectionState.Reauthorize or ConnectionState.Disconnected;
}

/// <summary>
/// What other services may know of a connection. <c>GET /internal/v1/connections/{connection}</c> of auth,
/// permission <c>connections</c>; 404 for an unknown one.
/// </summary>
/// <param name="Site">Site parameter, one of the nine of datadog-facts 1.1; null before the first callback.</param>
/// <param name="Org">UUID of the Datadog org as Datadog's server told it; null until then.</param>
public sealed record ConnectionRecord(
    ConnectionId Connection,
    TenantId Tenant,
    ConnectionState State,
    string? Reason,
    string? Site,
    string? Org,
    IReadOnlyList<string> Scopes,
    long Generation
);

/// <summary>
/// Body of <c>POST /internal/v1/connections/{connection}/check</c> of auth, permission <c>connection-checks</c>, for the
/// connection of the token: a sender got 401 or 403 and asks whether the grant and the key still live.
/// </summary>
/// <param name="KeyId">Id of the API key that was refused.</param>
public sealed record ConnectionCheckRequest(string? KeyId);

/// <summary>Answer to <see cref="ConnectionCheckRequest"/>.</summary>
/// <param name="KeyValid">What Datadog's validate said; null if it could not be asked.</param>
public sealed record ConnectionCheck(ConnectionState State, string? Reason, bool? KeyValid);

/// <summary>
/// One page of the change feed of ingest keys: <c>GET /internal/v1/ingest-keys?after={version}</c> of auth, permission
/// <c>ingest-keys</c>. Ask again with <see cref="Version"/> while <see cref="More"/>; <c>after=0</c> gives all live keys.
/// </summary>
public sealed record IngestKeyPage(long Version, bool More, IReadOnlyList<IngestKeyEntry> Keys);

/// <summary>One ingest key as the gateway's table needs it.</summary>
/// <param name="KeyId">UUID of the key, shown by <c>/api/v2/validate</c>.</param>
/// <param name="Hash">SHA-256 of the key's 32 characters, or the token's 35; lower-case hex.</param>
/// <param name="Strict">One bad item refuses the whole request.</param>
/// <param name="Live">False: revoked, or its connection is disconnected.</param>
/// <param name="Org">UUID of the Datadog org, for <c>/api/v2/validate</c>; null while unknown.</param>
/// <param name="Origins">Of a client token, the origins that may send with it; null of an API key.</param>
public sealed record IngestKeyEntry(
    string KeyId,
    string Hash,
    ConnectionId Connection,
    bool Strict,
    bool Live,
    string? Org,
    IReadOnlyList<string>? Origins = null
);

/// <summary>
/// A live access token: <c>GET /internal/v1/connections/{connection}/access-token</c> of auth, permission
/// <c>access-tokens</c>, for the connection of the token. 409 with type <c>reauthorize</c> where there is no grant.
/// </summary>
public sealed record AccessToken(
    [property: JsonConverter(typeof(RevealedJsonConverter))] Secret Value,
    DateTimeOffset ExpiresAt,
    string Site
);

/// <summary>
/// Where a connection's data goes: <c>GET /internal/v1/connections/{connection}/route</c> of site-router, permission
/// <c>sites</c>, for the connection of the token. 404 for an unknown one, 409 (type <c>no-site</c>) for one without a site.
/// </summary>
/// <param name="Hosts">Product (see Egress' Product) to host name, only those that the site has.</param>
public sealed record ConnectionRoute(
    ConnectionId Connection,
    string Site,
    ConnectionState State,
    IReadOnlyDictionary<string, string> Hosts
);
