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
    private Instances? _instances;
    private IDisposable? _machine;
    private int _tenants;

    public DistributedApplication App => _app ?? throw new InvalidOperationException("Not started.");

    public Uri Gateway => App.GetEndpoint("gateway", "http");

    public Uri GatewayGrpc => App.GetEndpoint("gateway", "grpc");

    internal PartnerSite Site { get; } = new();

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

    internal Instances Instances => _instances ?? throw new InvalidOperationException("Not started.");

    internal Dashboard Dashboard { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _machine = await Machine.TakeAloneAsync();
        Planted = new Planted(PartnerToken, _gatewayIdentity.PrivateKey);
        Dashboard = new Dashboard();
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
            [
                .. Planted.Arguments,
                .. Dashboard.Arguments,
                .. Site.Arguments,
                $"--Parameters:gateway-public-key={_gatewayIdentity.PublicKey}",
            ],
            (options, _) => options.DisableDashboard = false
        );
        Telemetry = await TelemetryTap.StartAsync(Dashboard.Receiver);
        Telemetry.ReceiveFrom(builder);
        Planted.AddControl(builder);
        Resources =
        [
            .. builder
                .Resources.Where(resource => resource is ProjectResource or ExecutableResource or ContainerResource)
                .Select(resource => resource.Name),
        ];
        _app = await builder.BuildQuietAsync();
        _instances = new Instances(_app);
        await _app.StartWholeAsync(StartTimeout);

        Backend = PartnerBackend.To(Gateway, PartnerToken);
        Sandbox = new SandboxAdmin(App.GetEndpoint("sandbox", "http"));
    }

    /// <summary>A tenant of its own, connected by walking the OAuth flow.</summary>
    public Task<ConnectedTenant> ConnectAsync(string name, int site = 0) =>
        Connecting.ConnectAsync(
            Backend,
            Sandbox,
            Gateway,
            DemoSite.All[site],
            $"{name}-{Interlocked.Increment(ref _tenants)}"
        );

    /// <summary>As kill -9: of the processes, one for each replica, or of the container where the resource is one.</summary>
    public async Task KillAsync(string resource)
    {
        await App.ResourceNotifications.WaitForResourceAsync(resource, KnownResourceStates.Running);
        foreach (var instance in Instances.Of(resource))
        {
            if (Instances.ProcessOf(instance) is { } pid)
            {
                await Command.RunAsync("kill", "-9", pid);
            }
            else
            {
                await Command.RunAsync("docker", "kill", Instances.ContainerOf(instance)!);
            }
        }

        foreach (var instance in Instances.Of(resource))
        {
            await Instances.UntilEndedAsync(instance);
        }
    }

    public async Task StartAgainAsync(string resource)
    {
        foreach (var instance in Instances.Of(resource))
        {
            if (Instances.ContainerOf(instance) is { } container)
            {
                await Command.RunAsync("docker", "start", container);
            }
            else
            {
                await Instances.StartAsync(instance);
            }
        }

        foreach (var instance in Instances.Of(resource))
        {
            await Instances.UntilHealthyAsync(instance);
        }

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
        Site.Dispose();
        _gatewayIdentity.Dispose();
        if (_instances is not null)
        {
            await _instances.DisposeAsync();
        }

        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        if (Telemetry is not null)
        {
            await Telemetry.DisposeAsync();
        }

        Dashboard?.Dispose();
        _machine?.Dispose();
    }

    /// <summary>
    /// Each service answers 503 once, to whoever gives it the connection of its pool that died with the database;
    /// the caller tries again then. Here that is done for the tests that come after.
    /// </summary>
    private async Task SettleAsync()
    {
        var nobody = $"connections/con_{new string('0', 32)}";
        string[] paths =
        [
            "tenants",
            "audit",
            $"{nobody}/datadog/api/v1/monitor",
            .. DataType.All.Select(type => $"senders/{type.Sender}/{nobody}/deliveries"),
        ];
        foreach (var path in paths)
        {
            await Until.AnsweredAsync(
                async () =>
                {
                    using var answer = await Backend.GetAsync($"partner/v1/{path}");
                    return answer.StatusCode;
                },
                status => status != HttpStatusCode.ServiceUnavailable
            );
        }
    }
}
