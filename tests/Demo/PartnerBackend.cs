using System.Net.Http.Headers;
using System.Text.Json;

namespace Partner.Demo;

/// <summary>A partner's backend: what it calls of the partner API.</summary>
public sealed class PartnerBackend(HttpClient http) : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    public static PartnerBackend To(Uri gateway, string token)
    {
        var http = new HttpClient(Loopback.Handler()) { BaseAddress = gateway };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new PartnerBackend(http);
    }

    public Task<Tenant> CreateTenantAsync(string externalId, string name) =>
        PostAsync<Tenant>("partner/v1/tenants", new { ExternalId = externalId, Name = name });

    /// <param name="entry">The return_to that the sign-in page was called with.</param>
    public Task<ConnectSession> CreateConnectSessionAsync(Tenant tenant, string? entry = null) =>
        PostAsync<ConnectSession>(
            "partner/v1/connect-sessions",
            new
            {
                tenant.ExternalId,
                tenant.Name,
                Entry = entry,
            }
        );

    public async Task<IReadOnlyList<Connection>> ConnectionsAsync(string tenant) =>
        (await http.GetFromJsonAsync<ConnectionPage>($"partner/v1/tenants/{tenant}/connections", Json))!.Connections;

    public Task<IngestKey> CreateIngestKeyAsync(string connection, bool strict = false) =>
        PostAsync<IngestKey>($"partner/v1/connections/{connection}/ingest-keys", new { Strict = strict });

    /// <param name="origins">Of the pages that send with it.</param>
    public Task<IngestKey> CreateClientTokenAsync(string connection, params string[] origins) =>
        PostAsync<IngestKey>(
            $"partner/v1/connections/{connection}/ingest-keys",
            new { Kind = "client_token", Origins = origins }
        );

    public async Task RevokeIngestKeyAsync(string connection, string key)
    {
        using var response = await http.DeleteAsync($"partner/v1/connections/{connection}/ingest-keys/{key}");
        response.EnsureSuccessStatusCode();
    }

    public async Task DisconnectAsync(string connection)
    {
        using var response = await http.DeleteAsync($"partner/v1/connections/{connection}");
        response.EnsureSuccessStatusCode();
    }

    public Task<Webhook> CreateWebhookAsync(string url) => PostAsync<Webhook>("partner/v1/webhooks", new { Url = url });

    public async Task<Deliveries> DeliveriesAsync(string sender, string connection) =>
        (
            await http.GetFromJsonAsync<Deliveries>(
                $"partner/v1/senders/{sender}/connections/{connection}/deliveries",
                Json
            )
        )!;

    /// <summary>Sends all dead letters of a type again.</summary>
    public Task ReplayAsync(string sender, string connection) =>
        PostAsync<Replay>($"partner/v1/senders/{sender}/connections/{connection}/dead-letters/replays", new { });

    /// <summary>Any GET of the partner API, its answer as it came.</summary>
    public Task<HttpResponseMessage> GetAsync(string path) => http.GetAsync(path);

    public void Dispose() => http.Dispose();

    internal static PartnerBackend For(DemoOptions options) => To(options.Gateway, options.PartnerToken);

    private async Task<T> PostAsync<T>(string path, object body)
    {
        using var response = await http.PostAsJsonAsync(path, body, Json);
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(
                $"POST {path} answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}"
            );
        }

        return (await response.Content.ReadFromJsonAsync<T>(Json))!;
    }
}

public sealed record Tenant(string Id, string ExternalId, string Name);

public sealed record ConnectSession(Uri Url, DateTimeOffset ExpiresAt);

public sealed record Connection(string Id, string State, string? Site, string? Org, string? Reason);

public sealed record ConnectionPage(IReadOnlyList<Connection> Connections, string? Next);

public sealed record Webhook(string Id, string Secret);

public sealed record IngestKey(string Id, string Key, string Prefix);

public sealed record Deliveries(long Accepted, long Delivered, Backlog Backlog, long DeadLetters, string State);

public sealed record Backlog(long Items, long Segments);

public sealed record Replay(long Id);
