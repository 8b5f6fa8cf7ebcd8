using System.Text.Json.Serialization;
using Npgsql;

namespace Partner.Auth.Connect;

/// <summary>How far a connect session has come; the names are what the partner API shows.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConnectSessionState>))]
public enum ConnectSessionState
{
    /// <summary>Its link can still be used.</summary>
    [JsonStringEnumMemberName("open")]
    Open,

    /// <summary>The browser is at Datadog.</summary>
    [JsonStringEnumMemberName("started")]
    Started,

    /// <summary>Datadog gave a grant; the connection says how it is now.</summary>
    [JsonStringEnumMemberName("authorized")]
    Authorized,

    /// <summary>It ended without a connection; the reason says why.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>The browser never came back from Datadog, which does not tell why.</summary>
    [JsonStringEnumMemberName("abandoned")]
    Abandoned,

    /// <summary>The link was not used.</summary>
    [JsonStringEnumMemberName("expired")]
    Expired,
}

/// <summary>A partner's request for a session.</summary>
internal sealed record NewConnectSession(TenantId Tenant, string Profile, ConnectionId? Connection, string? ReturnTo);

/// <summary>A row of connect_sessions, with its tenant's name.</summary>
/// <param name="Connection">The one that is to be authorised again.</param>
/// <param name="Result">The one that came of it.</param>
internal sealed record ConnectSession(
    string Id,
    TenantId Tenant,
    string TenantName,
    string Profile,
    ConnectionId? Connection,
    string? ReturnTo,
    ConnectSessionState State,
    string? Reason,
    ConnectionId? Result,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? EndedAt
)
{
    /// <summary>Sign-in and a glance at the page take a moment; a forgotten link must not work tomorrow.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(15);

    public static string NewId() => $"cs_{Guid.CreateVersion7():N}";

    public bool IsUsable(DateTimeOffset now) => State == ConnectSessionState.Open && ExpiresAt > now;

    public static ConnectSession Read(NpgsqlDataReader row) =>
        new(
            (string)row["id"],
            TenantId.Parse((string)row["tenant"]),
            (string)row["tenant_name"],
            (string)row["profile"],
            row.TextOrNull("connection") is { } connection ? ConnectionId.Parse(connection) : null,
            row.TextOrNull("return_to"),
            EnumText.Parse<ConnectSessionState>((string)row["state"]),
            row.TextOrNull("reason"),
            row.TextOrNull("result") is { } result ? ConnectionId.Parse(result) : null,
            row.TimeOrNull("created_at")!.Value,
            row.TimeOrNull("expires_at")!.Value,
            row.TimeOrNull("ended_at")
        );
}
