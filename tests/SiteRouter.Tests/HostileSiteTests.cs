using System.Net;
using System.Net.Http.Json;
using Partner.Contracts;
using Partner.Egress;
using Partner.Testing;

namespace Partner.SiteRouter.Tests;

[CollectionDefinition(nameof(NobodyElseConnects), DisableParallelization = true)]
public sealed class NobodyElseConnects;

[Collection(nameof(NobodyElseConnects))]
public sealed class HostileSiteTests(RunningSiteRouter router)
{
    [Fact]
    [Trait("security", "26")]
    public Task WhateverIsStoredTheHostsAreARowsOrNone() => CheckAsync(500);

    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    [Trait("security", "26")]
    public Task WhateverOfTenThousandIsStoredTheHostsAreARowsOrNone() => CheckAsync(10_000);

    private async Task CheckAsync(int count)
    {
        var sites = SiteRegistry.BuiltIn(SiteRealm.Commercial);
        using var opened = new OpenedSockets();
        var routed = 0;
        await Parallel.ForEachAsync(
            HostileSites.Generate(seed: 26, count),
            async (stored, _) =>
            {
                using var response = await router.GetRouteAsync(router.Connect(stored));
                if (response.StatusCode == HttpStatusCode.Conflict)
                {
                    Assert.DoesNotContain(sites.Sites, site => site.Parameter.Text == stored);
                    return;
                }

                var route = await response.Content.ReadFromJsonAsync<ConnectionRoute>();
                var row = Assert.Single(sites.Sites, site => site.Parameter.Text == stored);
                Assert.Equal(row.Hosts.ToDictionary(host => host.Key.ToString(), host => host.Value), route!.Hosts);
                Interlocked.Increment(ref routed);
            }
        );
        Assert.InRange(routed, 1, count / 2);
        // The service's and auth's ports, and nobody was asked for a name. A connection of ours proves that they are seen.
        using var fresh = new HttpClient(new SocketsHttpHandler()) { BaseAddress = router.Http.BaseAddress };
        using var alive = await fresh.GetAsync("/alive");
        Assert.NotEmpty(opened.Addresses);
        Assert.All(opened.Addresses, address => Assert.Contains(((IPEndPoint)address).Port, router.Ports));
        Assert.Empty(opened.Names);
    }
}
