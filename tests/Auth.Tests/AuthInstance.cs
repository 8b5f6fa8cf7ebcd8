using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Partner.Contracts;
using Partner.ServiceDefaults;
using Partner.Testing;

namespace Partner.Auth.Tests;

/// <summary>One running Auth, as the gateway and the senders see it.</summary>
internal sealed class AuthInstance(World world, WebApplication app)
{
    public static readonly HttpClient Http = new(
        new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }
    );

    public WebApplication App => app;

    public Uri Url { get; } = new(app.Urls.Single());

    public T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    public Task<int> StepWorkerAsync() => Get<Worker>().RunOneIterationAsync(CancellationToken.None);

    public async Task<(HttpStatusCode Status, JsonNode? Body)> PartnerAsync(
        HttpMethod method,
        string path,
        object? body = null,
        string role = "manage"
    )
    {
        using var response = await SendAsync(
            world.Gateway,
            new ServiceClaims(Actor: "test", Role: role),
            method,
            path,
            body
        );
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    public async Task<TenantId> NewTenantAsync(string? name = null)
    {
        var id = Guid.CreateVersion7().ToString("N");
        var (_, body) = await PartnerAsync(
            HttpMethod.Post,
            "/partner/v1/tenants",
            new { external_id = id, name = name ?? $"Tenant {id}" }
        );
        return TenantId.Parse(body!["id"]!.GetValue<string>());
    }

    /// <summary>The one-use URL for a browser, as path and query.</summary>
    public async Task<string> NewSessionAsync(TenantId tenant)
    {
        var session = await CreateSessionAsync(tenant);
        return session["url"]!.GetValue<string>()[World.PublicUrl.Length..];
    }

    /// <summary>A connect session, with what else the partner says of it.</summary>
    public async Task<JsonNode> CreateSessionAsync(TenantId tenant, params (string Name, string Value)[] more)
    {
        var (status, body) = await PartnerAsync(
            HttpMethod.Post,
            "/partner/v1/connect-sessions",
            await SessionBodyAsync(tenant, more)
        );
        Assert.True(status == HttpStatusCode.Created, body?.ToJsonString());
        return body!;
    }

    public async Task<JsonObject> SessionBodyAsync(TenantId tenant, params (string Name, string Value)[] more)
    {
        var (_, found) = await PartnerAsync(HttpMethod.Get, $"/partner/v1/tenants/{tenant}");
        var body = new JsonObject
        {
            ["external_id"] = found!["external_id"]!.GetValue<string>(),
            ["name"] = found["name"]!.GetValue<string>(),
        };
        foreach (var (name, value) in more)
        {
            body[name] = value;
        }

        return body;
    }

    public async Task<JsonNode> SessionAsync(string id)
    {
        var (status, body) = await PartnerAsync(HttpMethod.Get, $"/partner/v1/connect-sessions/{id}", role: "read");
        Assert.Equal(HttpStatusCode.OK, status);
        return body!;
    }

    /// <summary>Ends sessions that nobody will end any more, as the worker does in each round.</summary>
    public Task SweepAsync() => Get<Connect.ConnectSweep>().RunAsync(CancellationToken.None);

    public async Task<IReadOnlyList<JsonNode>> ConnectionsAsync(TenantId tenant)
    {
        var (_, body) = await PartnerAsync(HttpMethod.Get, $"/partner/v1/tenants/{tenant}/connections");
        return [.. body!["connections"]!.AsArray().Select(c => c!)];
    }

    /// <summary>The tenant's only connection.</summary>
    public async Task<JsonNode> ConnectionAsync(TenantId tenant) => Assert.Single(await ConnectionsAsync(tenant));

    public async Task<(HttpStatusCode Status, AccessToken? Token, string? Type)> AccessTokenAsync(
        ConnectionId connection
    )
    {
        using var response = await SendAsync(
            world.Sender,
            new ServiceClaims(connection.Text),
            HttpMethod.Get,
            $"/internal/v1/connections/{connection}/access-token"
        );
        return response.IsSuccessStatusCode
            ? (response.StatusCode, await response.Content.ReadFromJsonAsync<AccessToken>(), null)
            : (
                response.StatusCode,
                null,
                (await response.Content.ReadFromJsonAsync<JsonObject>())!["type"]!.GetValue<string>()
            );
    }

    public async Task<ConnectionCheck> CheckAsync(ConnectionId connection)
    {
        using var response = await SendAsync(
            world.Sender,
            new ServiceClaims(connection.Text),
            HttpMethod.Post,
            $"/internal/v1/connections/{connection}/check",
            new ConnectionCheckRequest(null)
        );
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<ConnectionCheck>())!;
    }

    /// <summary>As the site router asks while data flows.</summary>
    public async Task<ConnectionRecord> RecordAsync(ConnectionId connection)
    {
        using var response = await SendAsync(
            world.Sender,
            new ServiceClaims(connection.Text),
            HttpMethod.Get,
            $"/internal/v1/connections/{connection}"
        );
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<ConnectionRecord>())!;
    }

    public async Task<IngestKeyPage> FeedAsync(long after)
    {
        using var response = await SendAsync(
            world.Gateway,
            ServiceClaims.None,
            HttpMethod.Get,
            $"/internal/v1/ingest-keys?after={after}"
        );
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<IngestKeyPage>())!;
    }

    /// <summary>A body as it is, malformed or not.</summary>
    public async Task<HttpResponseMessage> SendRawAsync(string path, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Url, path));
        request.Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            world.Gateway.TokenFor("auth", new ServiceClaims(Actor: "test", Role: "manage"))
        );
        return await Http.SendAsync(request);
    }

    public async Task<HttpResponseMessage> SendAsync(
        ServiceIdentity caller,
        ServiceClaims claims,
        HttpMethod method,
        string path,
        object? body = null
    )
    {
        using var request = new HttpRequestMessage(method, new Uri(Url, path));
        request.Content = body is null ? null : JsonContent.Create(body, body.GetType());
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", caller.TokenFor("auth", claims));
        return await Http.SendAsync(request);
    }
}
