using Partner.Contracts;
using Partner.Sandbox;

namespace Partner.Auth.Tests;

/// <summary>A Datadog that does not echo <c>state</c>: the cookie alone says whose attempt a callback answers.</summary>
[Trait("security", "9")]
public sealed class NoEchoTests(World world) : IClassFixture<World>, IAsyncLifetime
{
    private AuthInstance _auth = null!;

    public async ValueTask InitializeAsync()
    {
        _auth = await world.StartAuthAsync(null, ("Clients:default:EchoesState", "false"));
        world.Datadog.Settings = world.Datadog.Settings with { EchoState = false };
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    [Trait("security", "3")]
    public async Task WithoutACookieItOpensNothingAndTheRightBrowserGoesOn()
    {
        var (tenant, browser, callback) = await ConsentedAsync();
        Assert.DoesNotContain("state=", callback);
        var before = world.TokenRequests();

        Assert.Equal(
            "/connect/failed?reason=other-browser",
            (await world.NewBrowser(_auth).GetAsync(callback)).Location
        );
        var guessing = world.NewBrowser(_auth);
        guessing.CookieJar["__Host-connect"] = OpaqueTokens.New();
        Assert.Equal("/connect/failed?reason=other-browser", (await guessing.GetAsync(callback)).Location);

        Assert.Equal(before, world.TokenRequests());
        Assert.Empty(await _auth.ConnectionsAsync(tenant));
        Assert.Equal("/connect/done", (await browser.GetAsync(callback)).Location);
    }

    [Fact]
    [Trait("security", "12")]
    public async Task ACodeOfOneAttemptMakesNoConnectionOfAnother()
    {
        var (victim, _, callback) = await ConsentedAsync();
        var (attacker, browser, own) = await ConsentedAsync();

        Assert.Equal("/connect/failed?reason=code-refused", (await browser.GetAsync(callback)).Location);
        // Its attempt is used up with that.
        Assert.Equal("/connect/failed?reason=other-browser", (await browser.GetAsync(own)).Location);

        Assert.Empty(await _auth.ConnectionsAsync(victim));
        Assert.Empty(await _auth.ConnectionsAsync(attacker));
    }

    private async Task<(TenantId Tenant, Browser Browser, string Callback)> ConsentedAsync()
    {
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, $"Org {Guid.CreateVersion7():N}");
        var (tenant, browser) = (await _auth.NewTenantAsync(), world.NewBrowser(_auth));
        return (tenant, browser, await Browser.ConsentAsync(await browser.LeaveAsync(tenant), org));
    }
}
