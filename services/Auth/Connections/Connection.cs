using System.Text.Json;
using Npgsql;

namespace Partner.Auth.Connections;

/// <summary>A row of connections.</summary>
internal sealed record Connection(
    ConnectionId Id,
    TenantId Tenant,
    string Profile,
    string Site,
    string? Org,
    string? OrgName,
    OwnerId? TokenOwner,
    OwnerId? KeyOwner,
    string? KeyId,
    DateTimeOffset? KeySince,
    IReadOnlyList<string> Scopes,
    ConnectionState State,
    string? Reason,
    bool SetupDue,
    ConnectionId? Reauthorizes,
    ProbeResults? Probes,
    long Generation,
    byte[]? SealedToken,
    DateTimeOffset? TokenExpiresAt,
    DateTimeOffset? RefreshedAt,
    int RefreshFailures,
    string? RefreshProblem,
    DateTimeOffset? LastUsedAt,
    DateTimeOffset? DisconnectedAt,
    DateTimeOffset CreatedAt
)
{
    /// <summary>There is a grant to get access tokens with.</summary>
    public bool HasGrant => !State.HasEnded() && TokenOwner is not null;

    public ConnectionRecord ToRecord() => new(Id, Tenant, State, Reason, Site, Org, Scopes, Generation);

    public static Connection Read(NpgsqlDataReader row) =>
        new(
            ConnectionId.Parse((string)row["id"]),
            TenantId.Parse((string)row["tenant"]),
            (string)row["profile"],
            (string)row["site"],
            row.TextOrNull("org"),
            row.TextOrNull("org_name"),
            row.TextOrNull("token_owner") is { } token ? OwnerId.Parse(token) : null,
            row.TextOrNull("key_owner") is { } key ? OwnerId.Parse(key) : null,
            row.TextOrNull("key_id"),
            row.TimeOrNull("key_since"),
            (string[])row["scopes"],
            EnumText.Parse<ConnectionState>((string)row["state"]),
            row.TextOrNull("reason"),
            (bool)row["setup_due"],
            row.TextOrNull("reauthorizes") is { } older ? ConnectionId.Parse(older) : null,
            row.TextOrNull("probes") is { } probes ? JsonSerializer.Deserialize<ProbeResults>(probes) : null,
            (long)row["generation"],
            row["sealed_token"] as byte[],
            row.TimeOrNull("token_expires_at"),
            row.TimeOrNull("refreshed_at"),
            (int)row["refresh_failures"],
            row.TextOrNull("refresh_problem"),
            row.TimeOrNull("last_used_at"),
            row.TimeOrNull("disconnected_at"),
            row.TimeOrNull("created_at")!.Value
        );
}
