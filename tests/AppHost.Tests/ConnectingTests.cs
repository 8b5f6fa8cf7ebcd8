using System.Net;
using Partner.Demo;
using Partner.Testing;

namespace Partner.AppHost.Tests;

/// <summary>What an attacker can do with the parameters that come through a browser: nothing.</summary>
public class ConnectingTests(WholeSystem system)
{
    [Fact]
    [Trait("security", "12")]
    public async Task AForgedOrgIdAttachesNobodysKey()
    {
        var victim = await system.ConnectAsync("forge-victim");
        using var attacker = new Person();
        var org = await system.Sandbox.CreateOrgAsync(victim.Site.Key, "Attacker Inc");
        var tenant = await system.Backend.CreateTenantAsync("forge-attacker", "Attacker Inc");
        var callback = await CallbackAsync(attacker, tenant, org);
        var forged = Replace(Replace(callback, "dd_oid", victim.Org.Id), "dd_org_name", victim.Org.Name);
        await attacker.OpenAsync(forged);

        var connection = Assert.Single(await system.Backend.ConnectionsAsync(tenant.Id), c => c.State == "connected");
        Assert.Equal(org.Id, connection.Org);
        var key = await system.Backend.CreateIngestKeyAsync(connection.Id);
        using var request = DatadogClients.ApiClient(system.Gateway, key.Key, ["{\"message\":\"whose\"}"]);
        using var response = await system.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await Until.AnsweredAsync(() => system.Sandbox.ItemsAsync(org.Id, "logs"), i => i.Count == 1);
        Assert.DoesNotContain(await system.Sandbox.ItemsAsync(victim.Org.Id, "logs"), i => i.Contains("whose"));
    }

    [Fact]
    [Trait("security", "4")]
    public async Task ACallbackWorksOnce()
    {
        using var person = new Person();
        var org = await system.Sandbox.CreateOrgAsync("us1", "Replay Inc");
        var tenant = await system.Backend.CreateTenantAsync("replay", "Replay Inc");
        var callback = await CallbackAsync(person, tenant, org);
        await person.OpenAsync(callback);
        var again = await person.OpenAsync(callback);

        Assert.Equal("/connect/failed", again.Address.AbsolutePath);
        Assert.Single(await system.Backend.ConnectionsAsync(tenant.Id));
    }

    [Fact]
    [Trait("security", "3")]
    public async Task AnotherBrowsersCallbackIsRefused()
    {
        using var person = new Person();
        var org = await system.Sandbox.CreateOrgAsync("us1", "Swap Inc");
        var tenant = await system.Backend.CreateTenantAsync("swap", "Swap Inc");
        var callback = await CallbackAsync(person, tenant, org);
        using var other = new Person();
        var page = await other.OpenAsync(callback);

        Assert.Equal("/connect/failed", page.Address.AbsolutePath);
        Assert.Empty(await system.Backend.ConnectionsAsync(tenant.Id));
    }

    /// <summary>Walks up to the redirect back from Datadog, and returns its address unopened.</summary>
    private async Task<Uri> CallbackAsync(Person person, Tenant tenant, SandboxOrg org)
    {
        var connect = await person.OpenAsync((await system.Backend.CreateConnectSessionAsync(tenant)).Url);
        var consent = await person.PressAsync(connect, "Continue to Datadog");
        person.StopAt = "/oauth/callback";
        var stopped = await person.PressAsync(
            consent,
            "Authorize",
            new Dictionary<string, string> { ["org"] = org.Id }
        );
        person.StopAt = null;
        return stopped.Address;
    }

    private static Uri Replace(Uri address, string parameter, string value)
    {
        var query = System.Web.HttpUtility.ParseQueryString(address.Query);
        query[parameter] = value;
        return new UriBuilder(address) { Query = query.ToString() }.Uri;
    }
}
