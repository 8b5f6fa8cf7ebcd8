using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Partner.Contracts;

namespace Partner.Auth.Tests.Webhooks;

/// <summary>A browser that never comes back from Datadog: nobody would hear of it but by the partner's endpoint.</summary>
[Collection(WebhookWorld.Name)]
public sealed class AbandonedSessionTests(World world) : WebhookTests(world)
{
    [Fact]
    public async Task ASessionThatIsAbandonedIsToldOnceAndSigned()
    {
        var (webhook, secret) = await AddAsync(types: ["connect_session.abandoned"]);
        var (tenant, session) = await LeaveAsync();
        await World.PassAsync(TimeSpan.FromMinutes(11));
        await World.Auth.SweepAsync();
        await World.Auth.SweepAsync();
        await DispatchAsync();

        var message = Assert.Single(Receiver.Taken, m => m.Tenant == tenant.Text);
        Assert.True(message.IsSignedBy(secret));
        var data = message.Json["data"]!;
        Assert.Equal(
            ("connect_session.abandoned", session, null, "abandoned", "never-returned"),
            (message.Type, Text(data, "session"), Text(data, "connection"), Text(data, "state"), Text(data, "reason"))
        );
        Assert.Equal(
            await World.Database.ScalarAsync<string>("SELECT external_id FROM tenants WHERE id = $1", tenant.Text),
            Text(data, "external_id")
        );
        var delivery = (await GetAsync($"{webhook}/deliveries"))["deliveries"]!.AsArray().Single()!;
        Assert.Equal(("delivered", null), (Text(delivery, "state"), Text(delivery, "connection")));
    }

    [Fact]
    public async Task ASessionThatWasToAuthoriseAConnectionAgainNamesIt()
    {
        await AddAsync(types: ["connect_session.abandoned"]);
        var (tenant, id, _) = await ConnectAsync();
        await World.NewBrowser().LeaveByAsync(await World.Auth.CreateSessionAsync(tenant, ("connection", id.Text)));
        await World.PassAsync(TimeSpan.FromMinutes(11));
        await World.Auth.SweepAsync();
        await DispatchAsync();

        var message = Assert.Single(Receiver.Taken, m => m.Tenant == tenant.Text);
        Assert.Equal(id.Text, Text(message.Json["data"]!, "connection"));
    }

    [Fact]
    public async Task ItIsOneTransactionWithTheSessionsEndAndOtherEndsAreNotTold()
    {
        var (tenant, session) = await LeaveAsync();
        foreach (
            var (sql, rolledBack) in new[]
            {
                ("UPDATE connect_sessions SET state = 'abandoned' WHERE id = $1", true),
                ("UPDATE connect_sessions SET state = 'failed', reason = 'x' WHERE id = $1", false),
                ("UPDATE connect_sessions SET state = 'expired' WHERE id = $1", false),
            }
        )
        {
            await using var connection = await World.Database.Source.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = session } } };
            Assert.Equal(1, await command.ExecuteNonQueryAsync());
            await (rolledBack ? transaction.RollbackAsync() : transaction.CommitAsync());
        }

        Assert.Equal(
            0L,
            await World.Database.ScalarAsync<long>("SELECT count(*) FROM events WHERE tenant = $1", tenant.Text)
        );
    }

    [Fact]
    public async Task AnEndpointThatIsGoneWhenASessionIsToldIsDisabledOnRecord()
    {
        var (webhook, _) = await AddAsync(types: ["connect_session.abandoned"]);
        await LeaveAsync();
        await World.PassAsync(TimeSpan.FromMinutes(11));
        await World.Auth.SweepAsync();
        Receiver.Answer = (_, _) => Task.FromResult((int)HttpStatusCode.Gone);
        await DispatchAsync();

        Assert.Equal("gone", Text(await GetAsync($"{webhook}"), "disabled_reason"));
        Assert.Equal(
            1L,
            await World.VaultScalarAsync<long>(
                "SELECT count(*) FROM audit WHERE connection = $1 AND event = 'webhook.disabled' AND strpos(details, $2) > 0",
                AuditChainId.Partner.Text,
                webhook.ToString()
            )
        );
    }

    private async Task<(TenantId Tenant, string Session)> LeaveAsync()
    {
        var tenant = await World.Auth.NewTenantAsync();
        var session = await World.Auth.CreateSessionAsync(tenant);
        await World.NewBrowser().LeaveByAsync(session);
        return (tenant, Text(session, "id")!);
    }

    private static string? Text(JsonNode node, string name) => node[name]?.GetValue<string>();
}
