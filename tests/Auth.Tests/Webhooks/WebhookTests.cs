using System.Net;
using System.Text.Json.Nodes;
using Partner.Auth.Connections;
using Partner.Auth.Webhooks;
using Partner.Contracts;
using Partner.Sandbox;
using Partner.Sandbox.OAuth;
using Partner.Testing;

namespace Partner.Auth.Tests.Webhooks;

[CollectionDefinition(Name)]
public sealed class WebhookWorld : ICollectionFixture<World>
{
    public const string Name = "webhooks";
}

/// <summary>What tests of webhooks do: an endpoint of their own, tenants whose connections change.</summary>
public abstract class WebhookTests(World world) : IAsyncLifetime
{
    private protected World World => world;

    private protected WebhookReceiver Receiver { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Receiver = await WebhookReceiver.StartAsync();

    /// <summary>Each test sees its own endpoints alone.</summary>
    public async ValueTask DisposeAsync()
    {
        await world.Database.ExecuteAsync("DELETE FROM webhooks");
        await Receiver.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected async Task<(Guid Id, string Secret)> AddAsync(
        WebhookReceiver? receiver = null,
        string[]? types = null
    )
    {
        var (status, body) = await world.Auth.PartnerAsync(
            HttpMethod.Post,
            "/partner/v1/webhooks",
            new { url = (receiver ?? Receiver).Url, types }
        );
        Assert.Equal(HttpStatusCode.Created, status);
        return (body!["id"]!.GetValue<Guid>(), body["secret"]!.GetValue<string>());
    }

    private protected async Task<(TenantId Tenant, ConnectionId Id, Org Org)> ConnectAsync()
    {
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, $"Org {Guid.CreateVersion7():N}");
        var tenant = await world.Auth.NewTenantAsync();
        Assert.Equal("/connect/done", await world.NewBrowser().ConnectAsync(tenant, org));
        return (tenant, ConnectionId.Parse((await world.Auth.ConnectionAsync(tenant))["id"]!.GetValue<string>()), org);
    }

    private protected Task SetStateAsync(ConnectionId id, ConnectionState state, string? reason = null) =>
        world.Auth.Get<ConnectionStore>().SetStateAsync(id, state, reason, CancellationToken.None);

    private protected Task<int> DispatchAsync() =>
        world.Auth.Get<WebhookDispatcher>().RunOneIterationAsync(CancellationToken.None);

    private protected async Task<JsonNode> GetAsync(string path)
    {
        var (status, body) = await world.Auth.PartnerAsync(HttpMethod.Get, $"/partner/v1/webhooks/{path}");
        Assert.Equal(HttpStatusCode.OK, status);
        return body!;
    }

    private protected static IEnumerable<string> TypesOf(IEnumerable<WebhookMessage> messages, TenantId tenant) =>
        messages.Where(m => m.Tenant == tenant.Text).Select(m => m.Type);
}
