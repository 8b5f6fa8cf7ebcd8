using System.Net;
using System.Text.Json.Nodes;
using Partner.Contracts;
using Partner.Sandbox;

namespace Partner.Auth.Tests;

public sealed class AuditTrailTests(World world) : IClassFixture<World>
{
    [Fact]
    [Trait("security", "48")]
    public async Task AConnectionsTrailSaysWhoDidWhat()
    {
        var id = await NewConnectionAsync();
        var (_, key) = await world.Auth.PartnerAsync(
            HttpMethod.Post,
            $"/partner/v1/connections/{id}/ingest-keys",
            new { }
        );
        await world.Auth.PartnerAsync(HttpMethod.Delete, $"/partner/v1/connections/{id}/ingest-keys/{key!["id"]}");

        var all = await WalkAsync($"/partner/v1/connections/{id}/audit");
        Assert.Equal(Enumerable.Range(1, all.Count).Select(i => (long)i), all.Select(e => e["seq"]!.GetValue<long>()));
        Assert.Equal(
            all.Select(e => e.ToJsonString()),
            (await WalkAsync($"/partner/v1/connections/{id}/audit?limit=1")).Select(e => e.ToJsonString())
        );
        Assert.DoesNotContain(key["key"]!.GetValue<string>(), string.Concat(all.Select(e => e.ToJsonString())));

        var keys = await WalkAsync($"/partner/v1/connections/{id}/audit?event=ingest_key&limit=1");
        Assert.Equal(
            [
                ("ingest_key.created", "partner:test", key["id"]!.ToString()),
                ("ingest_key.revoked", "partner:test", key["id"]!.ToString()),
            ],
            keys.Select(e => (e["event"]!.ToString(), e["actor"]!.ToString(), e["details"]!["key"]!.ToString()))
        );
        Assert.Empty(await WalkAsync($"/partner/v1/connections/{id}/audit?event=ingest"));

        var at = keys[^1]["at"]!.ToString();
        Assert.Equal(
            keys[^1].ToJsonString(),
            Assert
                .Single(
                    await WalkAsync(
                        $"/partner/v1/connections/{id}/audit?event=ingest_key&from={Uri.EscapeDataString(at)}"
                    )
                )
                .ToJsonString()
        );
        Assert.Equal(
            keys[0].ToJsonString(),
            Assert
                .Single(
                    await WalkAsync(
                        $"/partner/v1/connections/{id}/audit?event=ingest_key&until={Uri.EscapeDataString(at)}"
                    )
                )
                .ToJsonString()
        );
    }

    [Fact]
    [Trait("security", "43")]
    public async Task ATrailIsOfOneConnection()
    {
        var (a, b) = (await NewConnectionAsync(), await NewConnectionAsync());
        await world.Auth.PartnerAsync(HttpMethod.Post, $"/partner/v1/connections/{b}/ingest-keys", new { });

        Assert.Empty(await WalkAsync($"/partner/v1/connections/{a}/audit?event=ingest_key"));
        Assert.Equal(
            HttpStatusCode.NotFound,
            (
                await world.Auth.PartnerAsync(HttpMethod.Get, $"/partner/v1/connections/{ConnectionId.New()}/audit")
            ).Status
        );
    }

    private async Task<ConnectionId> NewConnectionAsync()
    {
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, $"Org {Guid.CreateVersion7():N}");
        var tenant = await world.Auth.NewTenantAsync();
        await world.NewBrowser().ConnectAsync(tenant, org);
        return ConnectionId.Parse((await world.Auth.ConnectionAsync(tenant))["id"]!.GetValue<string>());
    }

    private async Task<IReadOnlyList<JsonNode>> WalkAsync(string path)
    {
        var (found, next) = (new List<JsonNode>(), (string?)null);
        do
        {
            var after = next is null ? "" : $"{(path.Contains('?') ? '&' : '?')}after={next}";
            var (status, body) = await world.Auth.PartnerAsync(HttpMethod.Get, path + after, role: "read");
            Assert.Equal(HttpStatusCode.OK, status);
            found.AddRange(body!["entries"]!.AsArray().Select(e => e!));
            next = body["next"]?.ToString();
        } while (next is not null);
        return found;
    }
}
