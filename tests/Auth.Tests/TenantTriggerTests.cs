using Npgsql;
using Partner.Contracts;
using Partner.Sandbox;

namespace Partner.Auth.Tests;

/// <summary>
/// The triggers of 006_partner_api.sql, each by itself: what no statement of ours does, the database refuses too. Every
/// refused statement is tried where it is allowed first, so that it can only fail for the tenant's sake.
/// </summary>
[Trait("security", "43")]
public sealed class TenantTriggerTests(World world) : IClassFixture<World>
{
    [Theory]
    [InlineData("connections", "id")]
    [InlineData("attempts", "cookie_hash")]
    [InlineData("connect_sessions", "hash id")]
    public async Task NothingComesToATenantThatWasDeleted(string table, string keys)
    {
        var (model, live, deleted) = (
            await ConnectedAsync(),
            await world.Auth.NewTenantAsync(),
            await world.Auth.NewTenantAsync()
        );
        await world.NewBrowser().LeaveAsync(model.Tenant);
        await world.Auth.PartnerAsync(HttpMethod.Delete, $"/partner/v1/tenants/{deleted}");

        await CopyAsync(live);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => CopyAsync(deleted));

        Assert.Equal(
            (PostgresErrorCodes.ForeignKeyViolation, "There is no such tenant, or it was deleted."),
            (refused.SqlState, refused.MessageText)
        );

        Task CopyAsync(TenantId tenant)
        {
            var changed = string.Join(',', keys.Split(' ').Select(key => $"'{key}', '{ConnectionId.New()}'"));
            return world.Database.ExecuteAsync(
                $"""
                INSERT INTO {table}
                SELECT (jsonb_populate_record(NULL::{table}, to_jsonb(r) || jsonb_build_object('tenant', $2, {changed}))).*
                FROM {table} r WHERE tenant = $1 LIMIT 1
                """,
                model.Tenant.Text,
                tenant.Text
            );
        }
    }

    [Fact]
    public async Task AConnectionStaysWithItsTenant()
    {
        var (a, b) = (await ConnectedAsync(), await ConnectedAsync());
        const string Move = "UPDATE connections SET tenant = $2 WHERE id = $1";

        await world.Database.ExecuteAsync(Move, a.Connection, a.Tenant.Text);
        var refused = await Assert.ThrowsAsync<PostgresException>(() =>
            world.Database.ExecuteAsync(Move, a.Connection, b.Tenant.Text)
        );

        Assert.Equal(
            (PostgresErrorCodes.CheckViolation, "A connection stays with its tenant."),
            (refused.SqlState, refused.MessageText)
        );
    }

    [Fact]
    public async Task AnIngestKeyMovesToAConnectionOfItsTenantAndToNoOther()
    {
        var (a, b) = (await ConnectedAsync(), await ConnectedAsync());
        await world.NewBrowser().ConnectAsync(a.Tenant, NewOrg());
        var second = (await world.Auth.ConnectionsAsync(a.Tenant))
            .Select(c => c!["id"]!.GetValue<string>())
            .Single(id => id != a.Connection);
        await world.Auth.PartnerAsync(HttpMethod.Post, $"/partner/v1/connections/{a.Connection}/ingest-keys", new { });
        const string Move = "UPDATE ingest_keys SET connection = $2 WHERE connection = $1";

        await world.Database.ExecuteAsync(Move, a.Connection, second);
        var refused = await Assert.ThrowsAsync<PostgresException>(() =>
            world.Database.ExecuteAsync(Move, second, b.Connection)
        );

        Assert.Equal(
            (PostgresErrorCodes.CheckViolation, "An ingest key stays with its tenant."),
            (refused.SqlState, refused.MessageText)
        );
        Assert.Equal(
            1L,
            await world.Database.ScalarAsync<long>("SELECT count(*) FROM ingest_keys WHERE connection = $1", second)
        );
    }

    private async Task<(TenantId Tenant, string Connection)> ConnectedAsync()
    {
        var tenant = await world.Auth.NewTenantAsync();
        Assert.Equal("/connect/done", await world.NewBrowser().ConnectAsync(tenant, NewOrg()));
        return (tenant, (await world.Auth.ConnectionAsync(tenant))["id"]!.GetValue<string>());
    }

    private Sandbox.OAuth.Org NewOrg() =>
        world.Datadog.Orgs.Add(SiteTable.Find("US1")!, $"Org {Guid.CreateVersion7():N}");
}
