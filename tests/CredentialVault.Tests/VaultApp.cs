using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Partner.Contracts;
using Partner.CredentialVault.Keys;
using Partner.ServiceDefaults;
using Partner.Testing;

namespace Partner.CredentialVault.Tests;

/// <summary>The real vault on a port of its own, with the callers that it has in production.</summary>
internal sealed class VaultApp : IAsyncDisposable
{
    public const string Site = "us5.datadoghq.com";
    public const string Scripts = "services/CredentialVault/Migrations";

    // On whose behalf an owner was reserved: Auth names that connection in its tokens. Of every vault, as a database may
    // have several.
    private static readonly ConcurrentDictionary<string, ConnectionId> Reserved = new();

    private readonly WebApplication _app;
    private readonly HttpClient _client;
    private readonly LogCapture _logs;

    private VaultApp(
        WebApplication app,
        LogCapture logs,
        ManualTimeProvider time,
        ServiceIdentity auth,
        ServiceIdentity sender,
        ServiceIdentity nobody,
        ServiceIdentity @operator
    )
    {
        (_app, _logs, Time, Auth, Sender, Nobody, Operator) = (app, logs, time, auth, sender, nobody, @operator);
        _client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public ManualTimeProvider Time { get; }

    public IServiceProvider Services => _app.Services;

    public Uri Url => new(_app.Urls.Single());

    public string Logs => _logs.Text;

    /// <summary>May do everything but release.</summary>
    public ServiceIdentity Auth { get; }

    /// <summary>May have API keys released.</summary>
    public ServiceIdentity Sender { get; }

    /// <summary>Known, and allowed nothing.</summary>
    public ServiceIdentity Nobody { get; }

    /// <summary>May look at the key ring and the audit chains.</summary>
    public ServiceIdentity Operator { get; }

    public static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public static Dictionary<string, string?> Ring(int current, params (int Version, string Key)[] keys) =>
        keys.ToDictionary(k => $"KeyRing:Keys:{k.Version}", k => (string?)k.Key)
            .Append(new("KeyRing:Current", $"{current}"))
            .ToDictionary();

    public static async Task<VaultApp> StartAsync(
        string connectionString,
        IReadOnlyDictionary<string, string?> settings,
        Action<WebApplicationBuilder>? configure = null
    )
    {
        var time = new ManualTimeProvider();
        var self = new ServiceIdentity("vault", time);
        var auth = new ServiceIdentity("auth", time);
        var sender = new ServiceIdentity("logs", time);
        var nobody = new ServiceIdentity("gateway", time);
        var @operator = new ServiceIdentity("operator", time);
        var logs = new LogCapture();
        var all = self.AsSelf()
            .Concat(
                auth.AsCaller(
                    "owners",
                    "secrets",
                    "refresh-tokens",
                    "api-keys",
                    "sealing-keys",
                    "audit",
                    "audit-read",
                    "key-ring"
                )
            )
            .Concat(sender.AsCaller("api-key-release", "sealing-keys"))
            .Concat(nobody.AsCaller())
            .Concat(@operator.AsCaller("audit-read", "key-ring"))
            .Append(new("environment", "Development"))
            .Append(new("AllowUnsafeDatabase", "true"))
            .Concat(settings)
            .Append(new("ConnectionStrings:database", connectionString))
            .Append(new("urls", "http://127.0.0.1:0"))
            .Append(new("Logging:LogLevel:Default", "Trace"))
            .Append(new("Logging:LogLevel:Npgsql", "Trace"))
            .Append(new("Logging:LogLevel:Microsoft.AspNetCore", "Trace"));
        var app = Program.Build(
            [.. all.Select(s => $"--{s.Key}={s.Value}")],
            builder =>
            {
                builder.Logging.ClearProviders().AddProvider(logs);
                builder.Services.AddSingleton<TimeProvider>(time);
                configure?.Invoke(builder);
            }
        );
        await app.StartAsync();
        return new VaultApp(app, logs, time, auth, sender, nobody, @operator);
    }

    public async Task<Answer> SendAsync(
        HttpMethod method,
        string path,
        object? body = null,
        ServiceIdentity? caller = null,
        AuditChainId? claim = null
    )
    {
        claim ??= caller is null ? ClaimOf(path, body) : null;
        var token = (caller ?? Auth).TokenFor("vault", new ServiceClaims(claim?.Text));
        return await SendAsync(method, path, body, token);
    }

    /// <summary>As Auth does: every token names the connection that the call is about.</summary>
    private static AuditChainId? ClaimOf(string path, object? body)
    {
        var parts = path.Split('/', '?');
        return (parts, body) switch
        {
            (_, OwnerReservation wanted) => wanted.Connection,
            (_, AuditEvent what) => what.Connection,
            (["connections" or "audit", var id, ..], _) => ConnectionId.Parse(id),
            (["owners", var id, ..], _) when Reserved.TryGetValue(id, out var connection) => connection,
            _ => null,
        };
    }

    public async Task<Answer> SendAsync(HttpMethod method, string path, object? body, string? token)
    {
        using var request = new HttpRequestMessage(method, $"/internal/v1/{path}");
        request.Content = body is null ? null : JsonContent.Create(body, body.GetType());
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var response = await _client.SendAsync(request);
        return new Answer(
            response.StatusCode,
            await response.Content.ReadAsStringAsync(),
            response.Headers.CacheControl?.ToString(),
            response.Headers.RetryAfter?.ToString()
        );
    }

    public Task<Owner> ReserveOrgAsync(string org, ConnectionId connection) =>
        ReserveAsync(OwnerReservation.ForOrg("client", org, connection));

    public Task<Owner> ReserveConnectionAsync(ConnectionId connection) =>
        ReserveAsync(OwnerReservation.ForConnection(connection));

    /// <summary>API keys are of <see cref="Site"/>.</summary>
    public Task<Answer> PutAsync(OwnerId owner, string kind, long version, string? keyId, string value) =>
        PutAsync(owner, kind, new StoredSecret(version, keyId, new Secret(value), kind == "api-key" ? Site : null));

    public Task<Answer> PutAsync(OwnerId owner, string kind, StoredSecret secret) =>
        SendAsync(HttpMethod.Put, $"owners/{owner}/secrets/{kind}", secret);

    public Task<Answer> GetAsync(OwnerId owner, string kind) =>
        SendAsync(HttpMethod.Get, $"owners/{owner}/secrets/{kind}");

    public Task<Answer> AttachAsync(ConnectionId connection, OwnerId owner, TenantId tenant) =>
        SendAsync(HttpMethod.Put, $"connections/{connection}/api-key-owner", new ApiKeyOwner(owner, tenant));

    public Task<Answer> DetachAsync(ConnectionId connection) =>
        SendAsync(HttpMethod.Delete, $"connections/{connection}/api-key-owner");

    public Task<Answer> ReleaseAsync(ConnectionId connection) =>
        SendAsync(HttpMethod.Post, $"connections/{connection}/api-key/release", null, Sender, connection);

    /// <summary>A connection that sends with an API key.</summary>
    public async Task<(ConnectionId Connection, OwnerId Owner)> ConnectAsync(string org, string keyId, string value)
    {
        var connection = ConnectionId.New();
        var owner = await ReserveOrgAsync(org, connection);
        Assert.Equal(HttpStatusCode.NoContent, (await PutAsync(owner.Id, "api-key", 1, keyId, value)).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await AttachAsync(connection, owner.Id, TenantId.New())).Status);
        return (connection, owner.Id);
    }

    private async Task<Owner> ReserveAsync(OwnerReservation wanted)
    {
        var owner = (await SendAsync(HttpMethod.Post, "owners", wanted)).Read<Owner>();
        Reserved[owner.Id.Text] = wanted.Connection;
        return owner;
    }

    /// <summary>A pass of the rotation; tells how many keys it moved.</summary>
    public Task<int> RotateAsync() =>
        Services.GetServices<IHostedService>().OfType<Rotation>().Single().RunOnceAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }
}

internal sealed record Answer(HttpStatusCode Status, string Body, string? CacheControl, string? RetryAfter)
{
    public T Read<T>() => JsonSerializer.Deserialize<T>(Body, JsonSerializerOptions.Web)!;

    /// <summary>Status and, of a refusal, its type.</summary>
    public string Short =>
        Body.StartsWith('{') && JsonDocument.Parse(Body).RootElement.TryGetProperty("type", out var type)
            ? $"{(int)Status} {type}"
            : $"{(int)Status}";
}
