using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Partner.Demo;
using Partner.Testing;

namespace Partner.AppHost.Tests.Restore;

/// <summary>
/// A whole system on a Postgres of its own, whose services can be stopped and started while Datadog's sandbox, which forgets
/// nothing that was sent, goes on.
/// </summary>
internal sealed class RestorableSystem : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(5);
    private static readonly string[] Surroundings = ["sandbox", "demo-partner", "migrator"];

    private readonly DistributedApplication _app;
    private readonly IReadOnlyList<IResource> _services;
    private readonly string _token;

    private RestorableSystem(DistributedApplication app, PostgresServer postgres, string token)
    {
        (_app, Postgres, _token) = (app, postgres, token);
        _services =
        [
            .. app
                .Services.GetRequiredService<DistributedApplicationModel>()
                .Resources.Where(r => r is ProjectResource && !Surroundings.Contains(r.Name) || r.Name == "cache"),
        ];
        Backend = PartnerBackend.To(Gateway, token);
        Sandbox = new SandboxAdmin(app.GetEndpoint("sandbox", "http"));
    }

    public PostgresServer Postgres { get; }

    public Uri Gateway => _app.GetEndpoint("gateway", "http");

    public PartnerBackend Backend { get; }

    public SandboxAdmin Sandbox { get; }

    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false });

    public static async Task<RestorableSystem> StartAsync()
    {
        var postgres = await PostgresServer.StartAsync(durable: true, archives: true);
        var token = RandomNumberGenerator.GetHexString(40, lowercase: true);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>([
            $"--ConnectionStrings:postgres={postgres.AdminConnectionString}",
            $"--Parameters:partner-token={token}",
            // The database is to be this name's, and the key ring to outlive a start of the vault.
            $"--Parameters:vault-key-1={Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}",
            "--Containers=false",
            "--Replicas=1",
            "--Dashboard=false",
        ]);
        var app = await builder.BuildQuietAsync();
        await app.StartWholeAsync(StartTimeout);
        return new RestorableSystem(app, postgres, token);
    }

    /// <summary>In order, as a scale to zero does it; Redis too, which forgets all.</summary>
    public Task StopServicesAsync() =>
        Task.WhenAll(
            _services.Select(async service =>
            {
                await CommandAsync(service, KnownResourceCommands.StopCommand);
                await _app.ResourceNotifications.WaitForResourceAsync(service.Name, KnownResourceStates.TerminalStates);
            })
        );

    /// <summary>Each once what it waits for is healthy: Aspire gives up a start whose dependency has ended.</summary>
    public async Task StartServicesAsync()
    {
        using var timeout = new CancellationTokenSource(StartTimeout);
        var started = new Dictionary<IResource, Task>();
        await Task.WhenAll(_services.Select(StartOnceAsync));

        Task StartOnceAsync(IResource service) =>
            started.TryGetValue(service, out var task) ? task : started[service] = StartAsync(service);

        async Task StartAsync(IResource service)
        {
            await Task.WhenAll(
                service
                    .Annotations.OfType<WaitAnnotation>()
                    .Select(wait => wait.Resource)
                    .Where(_services.Contains)
                    .Select(StartOnceAsync)
            );
            await CommandAsync(service, KnownResourceCommands.StartCommand);
            await _app.ResourceNotifications.WaitForResourceAsync(
                service.Name,
                e => e.Snapshot is { State.Text: "Running", HealthStatus: HealthStatus.Healthy },
                timeout.Token
            );
        }
    }

    /// <summary>A call of the partner API.</summary>
    public async Task<HttpResponseMessage> CallAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Gateway, $"partner/v1/{path}"))
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", _token) },
            Content = body is null ? null : JsonContent.Create(body),
        };
        return await Http.SendAsync(request);
    }

    public async Task<JsonNode> AskAsync(HttpMethod method, string path, object? body = null)
    {
        using var response = await CallAsync(method, path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text.Length == 0 ? "{}" : text)!;
    }

    public async Task<string> StateOfAsync(string connection) =>
        (await AskAsync(HttpMethod.Get, $"connections/{connection}"))["state"]!.GetValue<string>();

    /// <summary>One value of the database, read as its administrator.</summary>
    public async Task<T> ReadAsync<T>(string sql, string database = "datadog")
    {
        await using var admin = Postgres.OpenAdmin(database);
        await using var command = admin.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        Backend.Dispose();
        Sandbox.Dispose();
        Http.Dispose();
        await _app.DisposeAsync();
        await Postgres.DisposeAsync();
    }

    private async Task CommandAsync(IResource resource, string command)
    {
        var result = await _app.ResourceCommands.ExecuteCommandAsync(resource, command);
        Assert.True(result.Success, result.Message);
    }
}
