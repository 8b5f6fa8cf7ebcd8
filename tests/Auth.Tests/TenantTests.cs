using System.Net;
using Npgsql;
using Partner.Contracts;
using Partner.Sandbox;

namespace Partner.Auth.Tests;

/// <summary>Lists of tenants and connections, renaming and deleting.</summary>
public sealed class TenantTests(World world) : IClassFixture<World>
{
    private const string None = "ten_00000000000000000000000000000000";

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(200)]
    public async Task EveryTenantIsOnOnePage(int limit)
    {
        var mark = Guid.CreateVersion7().ToString("N");
        var made = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            made.Add((await world.Auth.NewTenantAsync($"Page {mark} {i}")).Text);
        }

        // Ids are ordered by the millisecond.
        Assert.Equal(made.Order(), await WalkAsync($"/partner/v1/tenants?name=page%20{mark}&limit={limit}", "tenants"));
    }

    [Fact]
    public async Task ATenantIsFoundByTheWholeExternalIdAlone()
    {
        var id = Guid.CreateVersion7().ToString("N");
        var (_, made) = await PostAsync(id, "A 100% _ name");

        Assert.Equal([made], await WalkAsync($"/partner/v1/tenants?external_id={id}", "tenants"));
        Assert.Empty(await WalkAsync($"/partner/v1/tenants?external_id={id[..8]}", "tenants"));
        Assert.Contains(made, await WalkAsync("/partner/v1/tenants?name=100%25%20_", "tenants"));
        Assert.DoesNotContain(made, await WalkAsync("/partner/v1/tenants?name=100_%20_", "tenants"));
    }

    [Theory]
    [InlineData("tenants?limit=0", "limit")]
    [InlineData("tenants?limit=201", "limit")]
    [InlineData("connections?limit=-1", "limit")]
    [InlineData("connections?state=fine", "state")]
    [InlineData("credentials?limit=0", "limit")]
    public async Task AWrongQueryNamesItsField(string path, string field)
    {
        var answer = await new PartnerCall(HttpMethod.Get, $"/partner/v1/{path}").SendAsync(world);

        Assert.Equal((HttpStatusCode.BadRequest, "bad-request"), (answer.Status, answer.Type));
        Assert.Equal([field], answer.Body!["errors"]!.AsObject().Select(e => e.Key));
        Assert.Matches("^[0-9a-f]{32}$", answer.Body["traceId"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"external_id":"","name":"x"}""", "external_id")]
    [InlineData("""{"external_id":"x"}""", "name")]
    [InlineData("""{"external_id":"x","name":7}""", "name")]
    [InlineData("""{"external_id":["x"],"name":"y"}""", "external_id")]
    public async Task AWrongTenantNamesItsField(string body, string field)
    {
        var answer = await new PartnerCall(HttpMethod.Post, "/partner/v1/tenants") { Body = body }.SendAsync(world);

        Assert.Equal((HttpStatusCode.BadRequest, "bad-request"), (answer.Status, answer.Type));
        Assert.Equal([field], answer.Body!["errors"]!.AsObject().Select(e => e.Key));
    }

    [Fact]
    [Trait("security", "49")]
    public async Task ARefusalHoldsNothingInternal()
    {
        foreach (var body in new[] { "{", "[]", "null", "\"x\"", "{\"name\":7}", "{\"name\":\"\\ud800\"}" })
        {
            var answer = await new PartnerCall(HttpMethod.Post, "/partner/v1/tenants") { Body = body }.SendAsync(world);

            Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
            Assert.Matches("^[0-9a-f]{32}$", answer.Body!["traceId"]!.GetValue<string>());
            Assert.DoesNotContain("   at ", answer.Text);
            Assert.DoesNotContain("Partner.", answer.Text);
            Assert.DoesNotContain("System.", answer.Text);
            Assert.DoesNotContain("Exception", answer.Text);
        }
    }

    [Fact]
    public async Task ATenantIsRenamed()
    {
        var tenant = await world.Auth.NewTenantAsync("Before");

        var (status, renamed) = await world.Auth.PartnerAsync(
            HttpMethod.Patch,
            $"/partner/v1/tenants/{tenant}",
            new { name = "After" }
        );

        Assert.Equal((HttpStatusCode.OK, "After"), (status, renamed!["name"]!.GetValue<string>()));
        var (_, found) = await world.Auth.PartnerAsync(HttpMethod.Get, $"/partner/v1/tenants/{tenant}");
        Assert.Equal(renamed.ToJsonString(), found!.ToJsonString());
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await world.Auth.PartnerAsync(HttpMethod.Patch, $"/partner/v1/tenants/{None}", new { name = "x" })).Status
        );
    }

    [Fact]
    public async Task ATenantIsDeletedOnceItsConnectionsHaveEnded()
    {
        var externalId = Guid.CreateVersion7().ToString("N");
        var (tenant, _) = await PostAsync(externalId, "Short-lived");
        await world.NewBrowser().ConnectAsync(tenant, NewOrg());
        var connection = (await world.Auth.ConnectionAsync(tenant))["id"]!.GetValue<string>();

        var refused = await new PartnerCall(HttpMethod.Delete, $"/partner/v1/tenants/{tenant}").SendAsync(world);
        Assert.Equal((HttpStatusCode.Conflict, "tenant-connected"), (refused.Status, refused.Type));

        await world.Auth.PartnerAsync(HttpMethod.Delete, $"/partner/v1/connections/{connection}");
        var session = await world.Auth.NewSessionAsync(tenant);
        Assert.Equal(HttpStatusCode.NoContent, await DeleteAsync(tenant));

        Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync(tenant));
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await world.Auth.PartnerAsync(HttpMethod.Get, $"/partner/v1/tenants/{tenant}")).Status
        );
        Assert.Empty(await WalkAsync($"/partner/v1/tenants?external_id={externalId}", "tenants"));
        Assert.Equal(
            0,
            await world.Database.ScalarAsync<long>(
                "SELECT count(*) FROM connect_sessions WHERE tenant = $1",
                tenant.Text
            )
        );
        Assert.Equal(
            "",
            await world.Database.ScalarAsync<string>("SELECT name FROM tenants WHERE id = $1", tenant.Text)
        );
        // The link that was made for it leads nowhere any more.
        using var page = await world.Auth.SendAsync(
            world.Gateway,
            ServiceDefaults.ServiceClaims.None,
            HttpMethod.Get,
            session
        );
        Assert.NotEqual(HttpStatusCode.OK, page.StatusCode);

        var (again, _) = await PostAsync(externalId, "Back");
        Assert.NotEqual(tenant, again);
    }

    [Fact]
    [Trait("security", "43")]
    public async Task TheDatabaseItselfKeepsTenantsApart()
    {
        var (a, b) = (await NewConnectionAsync(), await NewConnectionAsync());
        await world.Auth.PartnerAsync(HttpMethod.Post, $"/partner/v1/connections/{a.Connection}/ingest-keys", new { });
        var deleted = await world.Auth.NewTenantAsync();
        Assert.Equal(HttpStatusCode.NoContent, await DeleteAsync(deleted));

        await AssertRefusedAsync("UPDATE connections SET tenant = $2 WHERE id = $1", a.Connection, b.Tenant.Text);
        await AssertRefusedAsync(
            "UPDATE ingest_keys SET connection = $2 WHERE connection = $1",
            a.Connection,
            b.Connection
        );
        await AssertRefusedAsync(
            """
            INSERT INTO connections (id, tenant, profile, site, state)
            SELECT $1, $2, profile, site, state FROM connections LIMIT 1
            """,
            ConnectionId.New().Text,
            deleted.Text
        );

        async Task AssertRefusedAsync(string sql, params object[] values) =>
            Assert.StartsWith(
                "23",
                (await Assert.ThrowsAsync<PostgresException>(() => world.Database.ExecuteAsync(sql, values))).SqlState
            );
    }

    [Fact]
    public async Task ConnectionsAreFoundByTenantStateAndSite()
    {
        var (first, second) = (await NewConnectionAsync("US1"), await NewConnectionAsync("EU1"));
        await world.Auth.PartnerAsync(HttpMethod.Delete, $"/partner/v1/connections/{second.Connection}");
        var site = (await world.Auth.ConnectionAsync(second.Tenant))["site"]!.GetValue<string>();

        Assert.Equal(
            [first.Connection],
            await WalkAsync($"/partner/v1/connections?tenant={first.Tenant}", "connections")
        );
        Assert.Equal(
            [second.Connection],
            await WalkAsync(
                $"/partner/v1/connections?tenant={second.Tenant}&state=disconnected&site={site}",
                "connections"
            )
        );
        Assert.Empty(await WalkAsync($"/partner/v1/connections?tenant={second.Tenant}&state=connected", "connections"));
        Assert.Empty(await WalkAsync($"/partner/v1/connections?tenant={first.Tenant}&site={site}", "connections"));
        var all = await WalkAsync("/partner/v1/connections?limit=1", "connections");
        Assert.Equal(all.Distinct().Order(), all);
        Assert.Subset(all.ToHashSet(), new HashSet<string> { first.Connection, second.Connection });
    }

    private Sandbox.OAuth.Org NewOrg(string site = "US1") =>
        world.Datadog.Orgs.Add(SiteTable.Find(site)!, $"Org {Guid.CreateVersion7():N}");

    private async Task<(TenantId Tenant, string Connection)> NewConnectionAsync(string site = "US1")
    {
        var tenant = await world.Auth.NewTenantAsync();
        await world.NewBrowser().ConnectAsync(tenant, NewOrg(site));
        return (tenant, (await world.Auth.ConnectionAsync(tenant))["id"]!.GetValue<string>());
    }

    private async Task<HttpStatusCode> DeleteAsync(TenantId tenant) =>
        (await world.Auth.PartnerAsync(HttpMethod.Delete, $"/partner/v1/tenants/{tenant}")).Status;

    private async Task<(TenantId Id, string Text)> PostAsync(string externalId, string name)
    {
        var (_, body) = await world.Auth.PartnerAsync(
            HttpMethod.Post,
            "/partner/v1/tenants",
            new { external_id = externalId, name }
        );
        var id = body!["id"]!.GetValue<string>();
        return (TenantId.Parse(id), id);
    }

    /// <summary>The ids of all pages.</summary>
    private async Task<IReadOnlyList<string>> WalkAsync(string path, string items)
    {
        var (found, next) = (new List<string>(), (string?)null);
        do
        {
            var after = next is null ? "" : $"{(path.Contains('?') ? '&' : '?')}after={next}";
            var (status, body) = await world.Auth.PartnerAsync(HttpMethod.Get, path + after, role: "read");
            Assert.Equal(HttpStatusCode.OK, status);
            found.AddRange(body![items]!.AsArray().Select(i => i!["id"]!.GetValue<string>()));
            next = body["next"]?.GetValue<string>();
        } while (next is not null);
        return found;
    }
}
