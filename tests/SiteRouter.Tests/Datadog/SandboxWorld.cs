using Partner.Contracts;
using Partner.Sandbox;
using Partner.Sandbox.OAuth;
using Partner.Testing;

namespace Partner.SiteRouter.Tests.Datadog;

/// <summary>The real service before the sandbox, on whose calendar no time passes.</summary>
public sealed class SandboxWorld : IAsyncLifetime
{
    private static readonly string[] Scopes =
    [
        "monitors_read",
        "monitors_write",
        "dashboards_read",
        "metrics_read",
        "logs_read_data",
        "timeseries_query",
    ];

    public SandboxApp Sandbox { get; private set; } = null!;

    public SandboxState State => Sandbox.State;

    internal RouterHost Router { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var client = new ClientOptions
        {
            ClientId = Guid.CreateVersion7().ToString(),
            Secret = "secret",
            Scopes = Scopes,
        };
        Sandbox = await SandboxApp.StartAsync(new SandboxOptions { Clients = [client] }, new ManualTimeProvider());
        Router = await RouterHost.StartAsync(Sandbox.Tls.Port, Sandbox.Pages.Port, ("SiteRouter:MaxPause", "00:00:05"));
    }

    /// <summary>An org of its own with a grant for all the reads.</summary>
    internal (ConnectionId Connection, Org Org) Connect(string site = "US5")
    {
        var org = State.Orgs.Add(SiteTable.Find(site)!, $"Org {Guid.CreateVersion7()}");
        var token = State.Grants.Authorize(State.Clients[0], org);
        return (Router.Connect(token, org.Site.Parameter, Scopes), org);
    }

    public async ValueTask DisposeAsync()
    {
        await Router.DisposeAsync();
        await Sandbox.DisposeAsync();
    }
}
