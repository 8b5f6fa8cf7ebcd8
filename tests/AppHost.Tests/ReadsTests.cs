using System.Net;
using System.Text.Json;

namespace Partner.AppHost.Tests;

/// <summary>A partner's backend reads what a connected customer has in Datadog.</summary>
public class ReadsTests(WholeSystem system)
{
    [Fact]
    public async Task AConnectedTenantsMonitorsAreReadThroughTheGateway()
    {
        var tenant = await system.ConnectAsync("reads", site: 1);
        var prefix = $"partner/v1/connections/{tenant.Connection.Id}/datadog";

        using var page = await system.Backend.GetAsync($"{prefix}/api/v1/monitor?page=0&page_size=10");
        var monitors = JsonSerializer.Deserialize<JsonElement>(await page.Content.ReadAsStringAsync());
        Assert.Equal((HttpStatusCode.OK, 10), (page.StatusCode, monitors.GetArrayLength()));
        Assert.StartsWith(tenant.Org.Name, monitors[0].GetProperty("name").GetString());

        using var all = await system.Backend.GetAsync($"{prefix}/api/v1/monitor?all=true&page_size=10");
        var lines = (await all.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(("application/x-ndjson", 25), (all.Content.Headers.ContentType?.MediaType, lines.Length));

        using var unknown = await system.Backend.GetAsync($"{prefix}/api/v2/api_keys");
        using var ungranted = await system.Backend.GetAsync($"{prefix}/api/v1/hosts");
        Assert.Equal("unknown-endpoint", await TypeOfAsync(unknown));
        Assert.Equal("scope-missing", await TypeOfAsync(ungranted));
    }

    private static async Task<string?> TypeOfAsync(HttpResponseMessage response) =>
        JsonSerializer
            .Deserialize<JsonElement>(await response.Content.ReadAsStringAsync())
            .GetProperty("type")
            .GetString();
}
