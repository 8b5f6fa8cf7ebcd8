using System.Net;
using System.Security.Cryptography;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Partner.AppHost.Tests;
using Partner.AppHost.Tests.Canary;
using Partner.Demo;
using Partner.Demo.Types;
using Partner.Testing;
using Xunit.Sdk;
using Xunit.v3;

// One system, and some tests kill parts of it.
[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: AssemblyFixture(typeof(WholeSystem))]

namespace Partner.AppHost.Tests;

/// <summary>The whole system, started once through the AppHost, as many tenants as the tests connect.</summary>
public sealed class WholeSystem : IAsyncLifetime
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);

    private readonly ServiceIdentity _gatewayIdentity = new("gateway");
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private DistributedApplication? _app;
    private int _tenants;

    public DistributedApplication App => _app ?? throw new InvalidOperationException("Not started.");

    public Uri Gateway => App.GetEndpoint("gateway", "http");

    public HttpClient Http => _http;

    /// <summary>The credential of the gateway's configuration.</summary>
    public string PartnerToken { get; } = RandomNumberGenerator.GetHexString(40, lowercase: true);

    /// <summary>The gateway's own key pair, so that a test can present what the gateway would.</summary>
    public ServiceIdentity GatewayIdentity => _gatewayIdentity;

    internal PartnerBackend Backend { get; private set; } = null!;

    internal SandboxAdmin Sandbox { get; private set; } = null!;

    /// <summary>The secrets that it was started with.</summary>
    internal Planted Planted { get; private set; } = null!;

    internal TelemetryTap Telemetry { get; private set; } = null!;

    /// <summary>The names of all resources that are processes or containers.</summary>
    internal IReadOnlyList<string> Resources { get; private set; } = [];

    /// <summary>Null: it is not in the cache of this machine.</summary>
    internal Dashboard? Dashboard { get; private set; }

    public async ValueTask InitializeAsync()
    {
        Planted = new Planted(PartnerToken, _gatewayIdentity.PrivateKey);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
        [
            .. Planted.Arguments,
            $"--Parameters:gateway-public-key={_gatewayIdentity.PublicKey}",
        ]);
        Dashboard = await Dashboard.StartAsync();
        Telemetry = await TelemetryTap.StartAsync(Dashboard?.Receiver);
        Telemetry.ReceiveFrom(builder);
        Planted.AddControl(builder);
        Resources =
        [
            .. builder.Resources.Where(resource => resource is ProjectResource or ExecutableResource or ContainerResource)
                .Select(resource => resource.Name),
        ];
        _app = await builder.BuildAsync();
        using var timeout = new CancellationTokenSource(StartTimeout);
        await _app.StartAsync(timeout.Token);
        foreach (var resource in new[] { "gateway", "sandbox" })
        {
            await _app.ResourceNotifications.WaitForResourceHealthyAsync(resource, timeout.Token);
        }

        Backend = PartnerBackend.To(Gateway, PartnerToken);
        Sandbox = new SandboxAdmin(App.GetEndpoint("sandbox", "http"));
    }

    /// <summary>A tenant of its own, connected by walking the OAuth flow.</summary>
    public Task<ConnectedTenant> ConnectAsync(string name, int site = 0) =>
        Connecting.ConnectAsync(Backend, Sandbox, Gateway, DemoSite.All[site], $"{name}-{Interlocked.Increment(ref _tenants)}");

    /// <summary>As kill -9: of the process, or of the container where the resource is one.</summary>
    public async Task KillAsync(string resource)
    {
        var running = await App.ResourceNotifications.WaitForResourceAsync(
            resource, e => e.Snapshot.State?.Text == KnownResourceStates.Running);
        if (PropertyOf(running, "executable.pid") is { } pid)
        {
            await Shell.RunAsync("kill", "-9", pid);
            await App.ResourceNotifications.WaitForResourceAsync(
                resource, e => e.Snapshot.State?.Text is "Exited" or "Finished" or "FailedToStart");
        }
        else
        {
            await Shell.RunAsync("docker", "kill", PropertyOf(running, "container.id")!);
        }
    }

    public async Task StartAgainAsync(string resource)
    {
        var current = await App.ResourceNotifications.WaitForResourceAsync(resource, _ => true);
        if (PropertyOf(current, "container.id") is { } container)
        {
            await Shell.RunAsync("docker", "start", container);
        }
        else
        {
            var result = await App.ResourceCommands.ExecuteCommandAsync(resource, KnownResourceCommands.StartCommand);
            Assert.True(result.Success, result.Message);
        }

        await App.ResourceNotifications.WaitForResourceHealthyAsync(resource);
        if (resource == "postgres")
        {
            await SettleAsync();
        }
    }

    public async Task StopAsync(string resource)
    {
        var result = await App.ResourceCommands.ExecuteCommandAsync(resource, KnownResourceCommands.StopCommand);
        Assert.True(result.Success, result.Message);
        await App.ResourceNotifications.WaitForResourceAsync(resource, KnownResourceStates.TerminalStates);
    }

    public async ValueTask DisposeAsync()
    {
        Backend?.Dispose();
        Sandbox?.Dispose();
        _http.Dispose();
        _gatewayIdentity.Dispose();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        if (Telemetry is not null)
        {
            await Telemetry.DisposeAsync();
        }

        Dashboard?.Dispose();
    }

    /// <summary>Null: it runs in a container, or not at all.</summary>
    internal async Task<string?> ProcessOfAsync(string resource) =>
        PropertyOf(await App.ResourceNotifications.WaitForResourceAsync(resource, _ => true), "executable.pid");

    /// <summary>
    /// Each service answers 503 once, to whoever gives it the connection of its pool that died with the database;
    /// the caller tries again then. Here that is done for the tests that come after.
    /// </summary>
    private async Task SettleAsync()
    {
        var nobody = $"connections/con_{new string('0', 32)}";
        string[] paths =
        [
            "tenants", "audit", $"{nobody}/datadog/api/v1/monitor",
            .. DataType.All.Select(type => $"senders/{type.Sender}/{nobody}/deliveries"),
        ];
        foreach (var path in paths)
        {
            await Wait.UntilAsync(
                async () =>
                {
                    using var answer = await Backend.GetAsync($"partner/v1/{path}");
                    return answer.StatusCode;
                },
                status => status != HttpStatusCode.ServiceUnavailable);
        }
    }

    private static string? PropertyOf(ResourceEvent resource, string name) =>
        resource.Snapshot.Properties.FirstOrDefault(p => p.Name == name)?.Value?.ToString();
}
