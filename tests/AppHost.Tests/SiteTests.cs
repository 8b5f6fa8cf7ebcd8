using Partner.Demo;
using Partner.Testing;

namespace Partner.AppHost.Tests;

public class SiteTests(WholeSystem system)
{
    public static TheoryData<int> Sites => [.. Enumerable.Range(0, DemoSite.All.Count)];

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task LogsArriveAtTheTenantsSiteInItsOrgAndNowhereElse(int site)
    {
        var tenant = await system.ConnectAsync("sites", site);
        string[] items = ["{\"message\":\"only here\"}"];
        using var request = DatadogClients.ApiClient(system.Gateway, tenant.Key.Key, items);
        using var response = await system.Http.SendAsync(request);
        Assert.Equal((202, "{}"), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));

        var arrived = await Until.AnsweredAsync(
            () => system.Sandbox.ItemsAsync(tenant.Org.Id, "logs"),
            i => i.Count > 0
        );
        Assert.Equal(items, arrived);
        var places = (await system.Sandbox.ArrivalsAsync())
            .Where(a => a.Org == tenant.Org.Id)
            .Select(a => (a.Host, a.Items));
        Assert.Equal([(tenant.Site.LogsHost, 1L)], places);
    }
}
