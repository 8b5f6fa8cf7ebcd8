using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Partner.Contracts;
using Partner.ServiceDefaults;
using Partner.Testing;

namespace Partner.SiteRouter.Tests.Datadog;

/// <summary>The real service between an auth that holds what a test wants and a Datadog on loopback.</summary>
internal sealed class RouterHost : IAsyncDisposable
{
    private readonly ServiceIdentity _router = new("site-router");
    private readonly ServiceIdentity _auth = new("auth");
    private WebApplication _fakeAuth = null!;
    private WebApplication _app = null!;

    public ServiceIdentity Gateway { get; } = new("gateway");

    public HttpClient Http { get; private set; } = null!;

    public Uri Url => new(_app.Urls.First());

    public LogCapture Logs { get; } = new();

    public ConcurrentDictionary<ConnectionId, ConnectionRecord> Connections { get; } = [];

    /// <summary>What auth gives out; a connection that is not here has no grant.</summary>
    public ConcurrentDictionary<ConnectionId, AccessToken> Tokens { get; } = [];

    /// <summary>What auth does when it is asked whether a grant lives.</summary>
    public Action<ConnectionId> OnCheck { get; set; } = _ => { };

    public ConcurrentQueue<ConnectionId> Checks { get; } = [];

    public static async Task<RouterHost> StartAsync(
        int tlsPort,
        int pagesPort,
        params (string Key, string Value)[] settings
    )
    {
        var host = new RouterHost();
        host._fakeAuth = host.BuildAuth();
        await host._fakeAuth.StartAsync();
        var all = host
            ._router.AsSelf()
            .Concat(host.Gateway.AsCaller("partner", "reads"))
            .Concat(
                new Dictionary<string, string?>
                {
                    ["environment"] = "Development",
                    ["urls"] = "http://127.0.0.1:0",
                    ["services:auth:http:0"] = host._fakeAuth.Urls.First(),
                    ["Egress:Sandbox:Endpoint"] = $"tcp://127.0.0.1:{tlsPort}",
                    ["Egress:Sandbox:Pages"] = $"http://127.0.0.1:{pagesPort}",
                    ["SiteRouter:Fresh"] = "00:00:00",
                }
            )
            .Concat(settings.ToDictionary(s => s.Key, string? (s) => s.Value));
        host._app = Program.Build(
            [.. all.Select(s => $"--{s.Key}={s.Value}")],
            builder => builder.Logging.ClearProviders().AddProvider(host.Logs).SetMinimumLevel(LogLevel.Trace)
        );
        await host._app.StartAsync();
        host.Http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = host.Url,
        };
        return host;
    }

    /// <summary>A connection that auth has a token for.</summary>
    public ConnectionId Connect(string token, string site = "us5.datadoghq.com", params string[] scopes)
    {
        var id = ConnectionId.New();
        Connections[id] = new(id, TenantId.New(), ConnectionState.Connected, null, site, null, scopes, 1);
        Tokens[id] = Token(token, site);
        return id;
    }

    public static AccessToken Token(string token, string site = "us5.datadoghq.com") =>
        new(new Secret(token), TimeProvider.System.GetUtcNow().AddHours(1), site);

    public string ServiceToken(ConnectionId connection, string? role) =>
        Gateway.TokenFor("site-router", new ServiceClaims(connection.Text, Actor: "test", Role: role));

    public HttpRequestMessage Request(
        ConnectionId connection,
        HttpMethod method,
        string pathAndQuery,
        HttpContent? body = null,
        string? role = "manage"
    )
    {
        var request = new HttpRequestMessage(method, $"/partner/v1/connections/{connection}/datadog{pathAndQuery}")
        {
            Content = body,
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ServiceToken(connection, role));
        return request;
    }

    public async Task<Reply> SendAsync(
        ConnectionId connection,
        HttpMethod method,
        string pathAndQuery,
        string? json = null,
        string? role = "manage"
    )
    {
        var body = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        using var request = Request(connection, method, pathAndQuery, body, role);
        return await SendAsync(request);
    }

    /// <summary>As the gateway asks for a client with an ingest key.</summary>
    public async Task<Reply> ReadAsync(ConnectionId connection, string pathAndQuery, string permission = "reads")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, pathAndQuery);
        var claims = new ServiceClaims(connection.Text, Only: permission);
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            Gateway.TokenFor("site-router", claims)
        );
        return await SendAsync(request);
    }

    public async Task<Reply> SendAsync(HttpRequestMessage request)
    {
        using var response = await Http.SendAsync(request);
        return new Reply(
            (int)response.StatusCode,
            await response.Content.ReadAsStringAsync(),
            response.Content.Headers.ContentType?.ToString(),
            response
                .Headers.Concat(response.Content.Headers)
                .ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase)
        );
    }

    public Task StopAuthAsync() => _fakeAuth.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        await _fakeAuth.DisposeAsync();
        foreach (var identity in new[] { _router, _auth, Gateway })
        {
            identity.Dispose();
        }
    }

    private WebApplication BuildAuth()
    {
        var app = FakeAuth.Build(_auth, _router, "connections", "access-tokens", "connection-checks");
        app.MapGet(
                "/internal/v1/connections/{connection}",
                (ConnectionId connection) =>
                    Connections.TryGetValue(connection, out var record) ? Results.Ok(record) : Results.NotFound()
            )
            .RequireCaller("connections");
        app.MapGet(
                "/internal/v1/connections/{connection}/access-token",
                (ConnectionId connection, HttpContext context) =>
                    context.Caller().Claims.Connection != connection.Text ? Results.StatusCode(403)
                    : Tokens.TryGetValue(connection, out var token) ? Results.Ok(token)
                    : Results.Problem(statusCode: 409, type: "reauthorize")
            )
            .RequireCaller("access-tokens");
        app.MapPost(
                "/internal/v1/connections/{connection}/check",
                (ConnectionId connection) =>
                {
                    Checks.Enqueue(connection);
                    OnCheck(connection);
                    return Results.Ok(new ConnectionCheck(ConnectionState.Connected, null, true));
                }
            )
            .RequireCaller("connection-checks");
        return app;
    }
}

internal sealed record Reply(int Status, string Body, string? ContentType, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>A problem's status and slug; of an answer of Datadog's, the slug is null.</summary>
    public (int Status, string? Type) Problem =>
        (
            Status,
            ContentType == "application/problem+json"
                ? JsonDocument.Parse(Body).RootElement.GetProperty("type").GetString()
                : null
        );
}
