using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Partner.Contracts;
using Partner.ServiceDefaults;
using Partner.Testing;

namespace Partner.Incidents.Tests;

/// <summary>One database per test class.</summary>
public sealed class IncidentsDatabase : IAsyncLifetime
{
    public const string Scripts = "services/Senders/Incidents/Migrations";

    public TestDatabase Database { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Database = await TestDatabase.CreateAsync(Scripts, "incidents");

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    /// <summary>As if all of it had happened so long before.</summary>
    public Task LetPassAsync(ConnectionId connection, TimeSpan time) =>
        Database.ExecuteAsync(
            """
            UPDATE intents
            SET lease_until = lease_until - $2, called_at = called_at - $2, created_at = created_at - $2, settled_at = settled_at - $2,
                look_until = look_until - $2, next_look_at = next_look_at - $2
            WHERE connection = $1
            """,
            connection.Text,
            time
        );
}

internal sealed record Reply(HttpStatusCode Status, string Body, HttpResponseHeaders Headers);

/// <summary>The real sender on a free port, before a Datadog in memory.</summary>
internal sealed class IncidentsHost : IAsyncDisposable
{
    public static readonly IReadOnlyList<string> Clients = ["DatadogCalls", "ConnectionClient"];

    private readonly ServiceIdentity _gateway = new("gateway");
    private readonly ServiceIdentity _self = new("incidents");
    private readonly HttpClient _http = new(new SocketsHttpHandler());
    private readonly WebApplication _app;

    private IncidentsHost(TestDatabase database, FakeDatadog datadog, Dictionary<string, string?> settings)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings:database"] = database.ConnectionString,
                ["Outbox:AllowUnsafeDatabase"] = "true",
                ["services:auth:http:0"] = "http://auth.test",
                // Tests take the steps of the loop themselves.
                ["Incidents:LookEvery"] = "01:00:00",
            }
                .Concat(_self.AsSelf())
                .Concat(_gateway.AsCaller("append", "partner"))
        );
        builder.Configuration.AddInMemoryCollection(settings);
        builder.AddServiceDefaults();
        builder.AddIncidents();
        foreach (var client in Clients)
        {
            builder.Services.AddHttpClient(client).ConfigurePrimaryHttpMessageHandler(() => datadog);
        }

        _app = builder.Build();
        _app.UseServiceDefaults();
        _app.MapDefaultEndpoints();
        _app.MapIncidents();
        _app.MapDeliveries();
    }

    public ConnectionId Connection { get; init; } = ConnectionId.New();

    /// <summary>Done when it has stopped, by whatever.</summary>
    public Task Stopped => _app.WaitForShutdownAsync();

    public static async Task<IncidentsHost> StartAsync(
        TestDatabase database,
        FakeDatadog datadog,
        ConnectionId? connection = null,
        Dictionary<string, string?>? settings = null
    )
    {
        var host = new IncidentsHost(database, datadog, settings ?? [])
        {
            Connection = connection ?? ConnectionId.New(),
        };
        try
        {
            await host._app.StartAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public Task<Reply> PostAsync(string path, string body, string? key = null) =>
        SendAsync(HttpMethod.Post, path, body, key);

    public Task<Reply> SendAsync(HttpMethod method, string path, string body, string? key = null) =>
        SendAsAsync(method, path, _gateway.TokenFor("incidents", new ServiceClaims(Connection.Text)), body, key);

    /// <summary>Looks once for what nobody asks for.</summary>
    public Task<int> LookAsync() =>
        _app.Services.GetRequiredService<OpenIntentPoller>().PollOnceAsync(CancellationToken.None);

    public async Task<string> GetAsync(string what) =>
        (
            await SendAsAsync(
                HttpMethod.Get,
                $"/partner/v1/senders/incidents/connections/{Connection.Text}/{what}",
                _gateway.TokenFor("incidents", new ServiceClaims(Role: PartnerRoles.Read))
            )
        ).Body;

    public string TokenFor(string audience, string? connection) =>
        _gateway.TokenFor(audience, new ServiceClaims(connection));

    public async Task<Reply> SendAsAsync(
        HttpMethod method,
        string path,
        string? token,
        string? body = null,
        string? key = null
    )
    {
        using var request = new HttpRequestMessage(method, _app.Urls.Single() + path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        using var response = await _http.SendAsync(request);
        return new Reply(response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers);
    }

    /// <summary>As a crash: nothing that is under way is waited for.</summary>
    public async Task KillAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await KillAsync();
        await _app.DisposeAsync();
        _gateway.Dispose();
        _self.Dispose();
    }
}
