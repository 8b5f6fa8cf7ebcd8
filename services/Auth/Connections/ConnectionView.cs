using System.Text.Json.Serialization;
using Partner.Auth.Connect;
using Partner.Egress;

namespace Partner.Auth.Connections;

/// <summary>A connection as the partner API shows it.</summary>
/// <param name="OrgName">As the browser said it: for display only.</param>
/// <param name="RefreshProblem">Why the last refresh failed, where the grant is not to blame.</param>
/// <param name="Capabilities">Which data types and reads work, and what is missing.</param>
/// <param name="LastSession">The newest connect session that it came from or that was to authorise it again.</param>
public sealed record ConnectionView(
    ConnectionId Id,
    TenantId Tenant,
    ConnectionState State,
    string? Reason,
    string Site,
    string? Org,
    [property: JsonPropertyName("org_name")] string? OrgName,
    string Client,
    IReadOnlyList<string> Scopes,
    [property: JsonPropertyName("api_key_id")] string? ApiKeyId,
    [property: JsonPropertyName("refreshed_at")] DateTimeOffset? RefreshedAt,
    [property: JsonPropertyName("refresh_problem")] string? RefreshProblem,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonPropertyName("probed_at")] DateTimeOffset? ProbedAt,
    IReadOnlyList<CapabilityView> Capabilities,
    [property: JsonPropertyName("last_session")] ConnectSessionView? LastSession = null
)
{
    internal static ConnectionView Of(Connection c) =>
        new(
            c.Id,
            c.Tenant,
            c.State,
            c.Reason,
            c.Site,
            c.Org,
            c.OrgName,
            c.Profile,
            c.Scopes,
            c.KeyId,
            c.RefreshedAt,
            c.RefreshProblem,
            c.CreatedAt,
            c.Probes?.At,
            CapabilityView.Of(c)
        );
}

/// <param name="Next">Ask again with it as <c>after</c>; null at the end.</param>
public sealed record ConnectionPage(IReadOnlyList<ConnectionView> Connections, string? Next);

/// <summary>What a disconnect did, and what is left for the customer to do (security 40).</summary>
/// <param name="Finished">False: the revocation is still being tried; sends have stopped all the same.</param>
/// <param name="ApiKeyId">
/// The API key lives on at Datadog: OAuth cannot delete it (datadog-facts 2.8). Nobody here has its value any more.
/// </param>
/// <param name="ApiKeysUrl">Where the customer can revoke it.</param>
public sealed record DisconnectReport(
    ConnectionState State,
    bool Finished,
    [property: JsonPropertyName("api_key_id")] string? ApiKeyId,
    [property: JsonPropertyName("api_keys_url")] string? ApiKeysUrl
)
{
    internal static DisconnectReport Of(Connection ended, bool finished, ClientProfile? client, DatadogSite? site) =>
        new(
            ended.State,
            finished,
            ended.KeyId,
            ended.KeyId is null || site is null
                ? null
                : $"https://{site.AppHost}/organization-settings/api-keys?filter={Uri.EscapeDataString(client?.Name ?? "")}"
        );
}
