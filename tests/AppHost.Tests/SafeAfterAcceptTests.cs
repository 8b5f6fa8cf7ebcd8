using Partner.Demo;
using Partner.Testing;

namespace Partner.AppHost.Tests;

/// <summary>202 means safe: what was accepted arrives, whatever is killed in between.</summary>
public class SafeAfterAcceptTests(WholeSystem system)
{
    private const int Requests = 10;
    private const int ItemsPerRequest = 1_000;

    [Theory]
    [InlineData("logs")]
    [InlineData("postgres")]
    [Trait("fault", "F19")]
    public async Task TenThousandAcceptedLogsSurviveAKill(string victim)
    {
        var tenant = await system.ConnectAsync($"kill-{victim}");
        await system.Sandbox.HoldAsync(new { org = tenant.Org.Id });
        var sent = await SendAsync(tenant);

        var before = await system.Backend.DeliveriesAsync("logs", tenant.Connection.Id);
        Assert.Equal(Requests * ItemsPerRequest, before.Accepted);
        Assert.Equal(0, before.Delivered);
        Assert.Equal(Requests * ItemsPerRequest, before.Backlog.Items);

        await system.KillAsync(victim);
        await system.StartAgainAsync(victim);
        await system.Sandbox.ReleaseAsync();

        var arrived = await Until.AnsweredAsync(
            () => system.Sandbox.ItemsAsync(tenant.Org.Id, "logs"),
            items => items.Distinct().Count() >= sent.Count
        );
        Assert.Equal(sent.Order(StringComparer.Ordinal), arrived.Distinct().Order(StringComparer.Ordinal));
        var after = await Until.AnsweredAsync(
            () => system.Backend.DeliveriesAsync("logs", tenant.Connection.Id),
            d => d.Backlog.Items == 0
        );
        Assert.Equal((Requests * ItemsPerRequest, 0), (after.Delivered, after.DeadLetters));
    }

    private async Task<IReadOnlyList<string>> SendAsync(ConnectedTenant tenant)
    {
        var sent = new List<string>();
        for (var r = 0; r < Requests; r++)
        {
            var items = Enumerable
                .Range(r * ItemsPerRequest, ItemsPerRequest)
                .Select(n =>
                    $$$"""{"message":"item {{{n}}} \u00e9 ü 🐶 \"quoted\"","n":{{{n}}},"nested":{"a":[1,2.50,null]}}"""
                )
                .ToList();
            using var request = DatadogClients
                .All[r % DatadogClients.All.Count]
                .Logs(system.Gateway, tenant.Key.Key, items);
            using var response = await system.Http.SendAsync(request);
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
            sent.AddRange(items);
        }

        return sent;
    }
}
