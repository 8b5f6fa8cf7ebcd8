using System.Net;

namespace Partner.Demo;

/// <summary>The OAuth flow from end to end, as its people walk it.</summary>
public static class Connecting
{
    /// <summary>
    /// From the tile: Datadog sends the person to the onboarding URL with <c>domain</c> and <c>site</c>, the partner's
    /// backend makes a connect session, the person continues, authorises at Datadog, and comes back.
    /// </summary>
    /// <returns>The last page, which has to say that it worked.</returns>
    public static async Task<Page> FromTileAsync(
        Person person,
        PartnerBackend backend,
        Uri gateway,
        Tenant tenant,
        SandboxOrg org,
        DemoSite site
    )
    {
        // The partner's own sign-in page is where this leads; the backend makes the session itself.
        person.StopAt = "/sign-in";
        await person.OpenAsync(new Uri(gateway, $"/connect?domain={site.Domain}&site=https%3A%2F%2F{site.AppHost}"));
        person.StopAt = null;
        return await FromSessionAsync(person, await backend.CreateConnectSessionAsync(tenant), org);
    }

    public static async Task<Page> FromSessionAsync(Person person, ConnectSession session, SandboxOrg org)
    {
        var connect = await person.OpenAsync(session.Url);
        var consent = await person.PressAsync(connect, "Continue to Datadog");
        return await person.PressAsync(consent, "Authorize", new Dictionary<string, string> { ["org"] = org.Id });
    }

    /// <summary>A tenant connected to a new org on a site, ready to send.</summary>
    /// <param name="from">Where the person sits; what guards against floods of pages goes by the address.</param>
    public static async Task<ConnectedTenant> ConnectAsync(
        PartnerBackend backend,
        SandboxAdmin sandbox,
        Uri gateway,
        DemoSite site,
        string name,
        IPAddress? from = null
    )
    {
        using var person = new Person(from);
        var org = await sandbox.CreateOrgAsync(site.Key, $"{name} at {site.Name}");
        var tenant = await backend.CreateTenantAsync($"{name}-{site.Key}", $"{name} ({site.Name})");
        var last = await FromTileAsync(person, backend, gateway, tenant, org, site);
        var connection =
            (await backend.ConnectionsAsync(tenant.Id)).SingleOrDefault(c => c.State == "connected")
            ?? throw new InvalidOperationException($"{site.Name} did not connect; the last page said: {last.Text}");
        var key = await backend.CreateIngestKeyAsync(connection.Id);
        return new ConnectedTenant(site, tenant, connection, key, org);
    }
}

public sealed record ConnectedTenant(
    DemoSite Site,
    Tenant Tenant,
    Connection Connection,
    IngestKey Key,
    SandboxOrg Org
);
