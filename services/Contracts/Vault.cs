using System.Text.Json.Serialization;

namespace Partner.Contracts;

[JsonConverter(typeof(JsonStringEnumConverter<OwnerKind>))]
public enum OwnerKind
{
    /// <summary>Refresh tokens: one owner per connection.</summary>
    [JsonStringEnumMemberName("connection")]
    Connection,

    /// <summary>The API key: one owner per OAuth client and Datadog org (datadog-facts 2.8).</summary>
    [JsonStringEnumMemberName("org")]
    Org,
}

/// <summary>
/// Reserves an owner: <c>POST /internal/v1/owners</c> of vault, permission <c>owners</c>. As every call of the vault that
/// is about a connection, for the connection in the token alone; that one's secrets are then read and written by tokens
/// that name it, and by no other. Idempotent: the same
/// (kind, client, org) or (kind, connection) gives the same owner. When it has answered, the owner's data key exists
/// and is durable, so a secret that can be had only once may be asked for.
/// </summary>
/// <param name="Client">OAuth client id; for <see cref="OwnerKind.Org"/>.</param>
/// <param name="Org">Org UUID as Datadog's server told it; for <see cref="OwnerKind.Org"/>.</param>
/// <param name="Connection">For <see cref="OwnerKind.Connection"/>; for an org the connection on whose behalf.</param>
public sealed record OwnerReservation(OwnerKind Kind, string? Client, string? Org, ConnectionId Connection)
{
    public static OwnerReservation ForConnection(ConnectionId connection) =>
        new(OwnerKind.Connection, null, null, connection);

    public static OwnerReservation ForOrg(string client, string org, ConnectionId connection) =>
        new(OwnerKind.Org, client, org, connection);

    /// <summary>For a connection's org until a key has told which it is. Its owner ends with the connection.</summary>
    public static OwnerReservation ForUnprovenOrg(string client, ConnectionId connection) =>
        ForOrg(client, UnprovenOrg(connection), connection);

    /// <summary>The <see cref="Org"/> of <see cref="ForUnprovenOrg"/>.</summary>
    public static string UnprovenOrg(ConnectionId connection) => $"unproven:{connection}";
}

/// <summary>Answer to <see cref="OwnerReservation"/>.</summary>
/// <param name="ApiKeyId">Id of the API key that is stored for it; null if none is.</param>
public sealed record Owner(OwnerId Id, OwnerKind Kind, string? ApiKeyId);

/// <summary>
/// Body of <c>PUT /internal/v1/owners/{owner}/secrets/{kind}</c> of vault (permission <c>secrets</c>; kind
/// <c>api-key</c> or <c>refresh-token</c>); answer of the GETs of the same path (permissions <c>api-keys</c> and
/// <c>refresh-tokens</c>; 404 if there is none). A PUT of a lower version than the stored one is 409
/// (type <c>stale-version</c>), of the same version with the same value 204, with another value 409.
/// </summary>
/// <param name="Version">Refresh token: the connection's token generation. API key: 1, 2, ... per minted key.</param>
/// <param name="KeyId">Datadog's id of an API key; null for refresh tokens.</param>
/// <param name="Site">
/// Parameter of the site that an API key belongs to; null for refresh tokens, and for keys that are older than this.
/// </param>
public sealed record StoredSecret(
    long Version,
    string? KeyId,
    [property: JsonConverter(typeof(RevealedJsonConverter))] Secret Value,
    string? Site = null
);

/// <summary>
/// Body of <c>PUT /internal/v1/connections/{connection}/api-key-owner</c> of vault, permission <c>owners</c>: from now
/// on the connection sends with this owner's key. 409 (type <c>org-in-use</c>) if another tenant's connection does and
/// sharing is not configured; what the reservation shared is taken back then. <c>DELETE</c> of the same path detaches and shreds the data key of an owner that no
/// connection uses any more (secrets and data key are gone for good); <c>DELETE /internal/v1/owners/{owner}</c> shreds.
/// </summary>
public sealed record ApiKeyOwner(OwnerId Owner, TenantId Tenant);

/// <summary>
/// Answer of <c>POST /internal/v1/connections/{connection}/api-key/release</c> of vault, permission
/// <c>api-key-release</c>, for the connection of the token only. 404 (type <c>no-api-key</c>) if there is none.
/// Audited.
/// </summary>
/// <param name="Site">Parameter of the only site that it may be sent to; null: to none.</param>
public sealed record ReleasedApiKey(
    string KeyId,
    [property: JsonConverter(typeof(RevealedJsonConverter))] Secret Value,
    string? Site
);

/// <summary>
/// Keys under which the caller may seal what it caches elsewhere: <c>GET /internal/v1/sealing-keys</c> of vault,
/// permission <c>sealing-keys</c>. Derived per caller from the key ring (HKDF-SHA256); 256 bits, base64.
/// </summary>
public sealed record SealingKeys(int Current, IReadOnlyList<SealingKey> Keys);

/// <summary>One sealing key.</summary>
public sealed record SealingKey(int Version, [property: JsonConverter(typeof(RevealedJsonConverter))] Secret Key);
