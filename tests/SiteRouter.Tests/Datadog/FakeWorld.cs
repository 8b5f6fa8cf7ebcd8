using Partner.Contracts;
using Partner.Egress.Tests;

namespace Partner.SiteRouter.Tests.Datadog;

/// <summary>A Datadog whose every answer a test decides, behind the real service.</summary>
public sealed class FakeWorld : IAsyncLifetime
{
    internal FakeDatadog Datadog { get; private set; } = null!;

    internal RouterHost Router { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Datadog = await FakeDatadog.StartAsync();
        Router = await RouterHost.StartAsync(Datadog.TlsPort, Datadog.PagesPort);
    }

    internal ConnectionId Connect(params string[] scopes) =>
        Router.Connect($"token-{Guid.CreateVersion7():N}", scopes: scopes);

    public async ValueTask DisposeAsync()
    {
        await Router.DisposeAsync();
        await Datadog.DisposeAsync();
    }
}
