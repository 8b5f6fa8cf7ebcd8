using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Partner.Contracts;
using Partner.ServiceDefaults;
using Partner.SiteRouter.Tests;
using Partner.Testing;

[assembly: AssemblyFixture(typeof(RunningSiteRouter))]

namespace Partner.SiteRouter.Tests;

/// <summary>The real service on a port of its own, before an auth that says what a test wants, and checks tokens itself.</summary>
public sealed class RunningSiteRouter : IAsyncLifetime
{
    private readonly ServiceIdentity _router = new("site-router");
    private readonly ServiceIdentity _auth = new("auth");
    private WebApplication? _fakeAuth;
    private WebApplication? _app;

    /// <summary>May ask for routes.</summary>
    public ServiceIdentity Logs { get; } = new("logs");

    /// <summary>May call, for something else.</summary>
    public ServiceIdentity Gateway { get; } = new("gateway");

    public HttpClient Http { get; private set; } = null!;

    public ConcurrentDictionary<ConnectionId, ConnectionRecord> Connections { get; } = [];

    /// <summary>Of these auth knows nothing for now.</summary>
    public ConcurrentDictionary<ConnectionId, int> Failing { get; } = [];

    public async ValueTask InitializeAsync()
    {
        _fakeAuth = BuildAuth();
        await _fakeAuth.StartAsync();
        _app = Program.Build([
            .. Arguments(
                _router.AsSelf(),
                Logs.AsCaller("sites"),
                Gateway.AsCaller("people"),
                new()
                {
                    ["urls"] = "http://127.0.0.1:0",
                    ["services:auth:http:0"] = _fakeAuth.Urls.First(),
                    ["Logging:LogLevel:Default"] = "None",
                }
            ),
        ]);
        await _app.StartAsync();
        Http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(_app.Urls.First()) };
    }

    internal WebApplication App => _app!;

    /// <summary>Where the service and its auth listen.</summary>
    public IEnumerable<int> Ports => _app!.Urls.Concat(_fakeAuth!.Urls).Select(url => new Uri(url).Port);

    /// <summary>Remembers a connection as auth's.</summary>
    public ConnectionId Connect(string? site, ConnectionState state = ConnectionState.Connected)
    {
        var connection = ConnectionId.New();
        Connections[connection] = new(connection, TenantId.New(), state, null, site, null, [], 1);
        return connection;
    }

    public Task<HttpResponseMessage> GetRouteAsync(string connection, string? token)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/internal/v1/connections/{connection}/route");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return Http.SendAsync(request);
    }

    /// <summary>As a sender asks: with a token for this connection.</summary>
    public Task<HttpResponseMessage> GetRouteAsync(ConnectionId connection) =>
        GetRouteAsync(connection.Text, Logs.TokenFor("site-router", new(connection.Text)));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app!.DisposeAsync();
        await _fakeAuth!.DisposeAsync();
        foreach (var identity in new[] { _router, _auth, Logs, Gateway })
        {
            identity.Dispose();
        }
    }

    private WebApplication BuildAuth()
    {
        var app = FakeAuth.Build(_auth, _router, "connections");
        app.MapGet(
                "/internal/v1/connections/{connection}",
                (ConnectionId connection) =>
                    Failing.ContainsKey(connection) ? Results.StatusCode(503)
                    : Connections.TryGetValue(connection, out var record) ? Results.Ok(record)
                    : Results.NotFound()
            )
            .RequireCaller("connections");
        return app;
    }

    private static IEnumerable<string> Arguments(params Dictionary<string, string?>[] settings) =>
        settings.SelectMany(setting => setting).Select(setting => $"--{setting.Key}={setting.Value}");
}
