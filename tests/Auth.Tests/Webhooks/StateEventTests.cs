using System.Net;
using Npgsql;
using Partner.Contracts;

namespace Partner.Auth.Tests.Webhooks;

/// <summary>Which changes become events, and in which order they can be seen.</summary>
[Collection(WebhookWorld.Name)]
public sealed class StateEventTests(World world) : WebhookTests(world)
{
    [Fact]
    [Trait("fault", "F10")]
    [Trait("security", "42")]
    public async Task EveryStateThatAConnectionComesToIsToldInOrderAndSigned()
    {
        var (_, secret) = await AddAsync();
        var (tenant, id, org) = await ConnectAsync();
        org.Keys.Single().Live = false;
        await World.Database.ExecuteAsync(
            "UPDATE connections SET key_since = key_since - interval '1 minute' WHERE id = $1",
            id.Text
        );
        await World.Auth.CheckAsync(id);
        org.Keys.Single().Live = true;
        await World.Auth.CheckAsync(id);
        World.Datadog.Grants.RevokeAll(org);
        await World.PassAsync(TimeSpan.FromMinutes(61));
        Assert.Equal(HttpStatusCode.Conflict, (await World.Auth.AccessTokenAsync(id)).Status);
        Assert.Equal("/connect/done", await World.NewBrowser().ConnectAsync(tenant, org));
        await World.Auth.PartnerAsync(HttpMethod.Delete, $"/partner/v1/connections/{id}");
        await DispatchAsync();

        Assert.Equal(
            [
                "connection.connected",
                "connection.degraded",
                "connection.connected",
                "connection.reauthorize",
                "connection.connected",
                "connection.disconnected",
            ],
            TypesOf(Receiver.Taken, tenant)
        );
        Assert.All(Receiver.Taken, message => Assert.True(message.IsSignedBy(secret)));
        Assert.All(
            Receiver.Taken,
            message =>
                Assert.InRange(
                    World.Clock.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(message.Timestamp),
                    TimeSpan.Zero,
                    TimeSpan.FromMinutes(2)
                )
        );
        var revoked = Receiver.Taken.Single(m => m.Tenant == tenant.Text && m.Type == "connection.reauthorize").Json;
        Assert.Equal(
            (id.Text, "reauthorize", "grant-revoked", "datadoghq.com", org.Id, "connected"),
            (Of("connection"), Of("state"), Of("reason"), Of("site"), Of("org"), Of("previous_state"))
        );

        string Of(string name) => revoked["data"]![name]!.GetValue<string>();
    }

    [Fact]
    public async Task AMoveToAnotherSiteIsToldBeforeTheStateThatItLeadsTo()
    {
        await AddAsync();
        var (tenant, id, _) = await ConnectAsync();
        await World.Database.ExecuteAsync(
            "UPDATE connections SET site = 'us5.datadoghq.com', state = 'degraded', reason = 'x' WHERE id = $1",
            id.Text
        );
        await DispatchAsync();
        Assert.Equal(
            ["connection.connected", "connection.site_changed", "connection.degraded"],
            TypesOf(Receiver.Taken, tenant)
        );
        Assert.Equal("datadoghq.com", Receiver.Taken.ElementAt(1).Json["data"]!["previous_site"]!.GetValue<string>());
    }

    [Fact]
    public async Task AnEndpointHearsTheTypesThatItAskedFor()
    {
        await AddAsync(types: ["connection.disconnected"]);
        var (tenant, id, _) = await ConnectAsync();
        await World.Auth.PartnerAsync(HttpMethod.Delete, $"/partner/v1/connections/{id}");
        await DispatchAsync();
        Assert.Equal(["connection.disconnected"], TypesOf(Receiver.Messages, tenant));
    }

    [Fact]
    public async Task AChangeThatIsRolledBackHasNoEventAndARefreshHasNone()
    {
        var (tenant, id, _) = await ConnectAsync();
        var before = await EventsAsync(tenant);
        await using (var connection = await World.Database.Source.OpenConnectionAsync())
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await using var change = new NpgsqlCommand(
                "UPDATE connections SET state = 'degraded' WHERE id = $1",
                connection
            );
            change.Parameters.Add(new() { Value = id.Text });
            await change.ExecuteNonQueryAsync();
            await transaction.RollbackAsync();
        }

        await World.Database.ExecuteAsync(
            "UPDATE connections SET state = 'connected', generation = generation + 1 WHERE id = $1",
            id.Text
        );
        Assert.Equal((1L, 1L), (before, await EventsAsync(tenant)));
    }

    [Fact]
    public async Task EventsOfATenantNeverAppearBehindOneThatWasSeen()
    {
        var (tenant, first, _) = await ConnectAsync();
        var org = World.Datadog.Orgs.Add(Sandbox.SiteTable.Find("US1")!, $"Org {Guid.CreateVersion7():N}");
        Assert.Equal("/connect/done", await World.NewBrowser().ConnectAsync(tenant, org));
        var second = (await World.Auth.ConnectionsAsync(tenant))
            .Select(c => c["id"]!.GetValue<string>())
            .Single(c => c != first.Text);
        using var done = new CancellationTokenSource();
        var watching = WatchAsync(tenant, done.Token);
        await Task.WhenAll(
            new[] { first.Text, second }.SelectMany(id =>
                Enumerable
                    .Range(0, 4)
                    .Select(async worker =>
                    {
                        for (var i = 0; i < 25; i++)
                        {
                            await ChangeAsync(id, $"{worker}-{i}", keep: (worker + i) % 3 > 0);
                        }
                    })
            )
        );
        await done.CancelAsync();
        Assert.Equal(0, await watching);
        Assert.InRange(await EventsAsync(tenant), 100, 202);
    }

    /// <summary>How often an event came into sight that lies before one that had been seen.</summary>
    private async Task<int> WatchAsync(TenantId tenant, CancellationToken done)
    {
        var (seen, late) = (new SortedSet<long>(), 0);
        while (!done.IsCancellationRequested)
        {
            await using var command = World.Database.Source.CreateCommand(
                "SELECT position FROM events WHERE tenant = $1"
            );
            command.Parameters.Add(new() { Value = tenant.Text });
            await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
            var (last, now) = (seen.Max, new List<long>());
            while (await reader.ReadAsync(CancellationToken.None))
            {
                now.Add(reader.GetInt64(0));
            }

            late += now.Count(position => position < last && !seen.Contains(position));
            seen.UnionWith(now);
        }

        return late;
    }

    private async Task ChangeAsync(string id, string reason, bool keep)
    {
        await using var connection = await World.Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var change = new NpgsqlCommand(
            "UPDATE connections SET state = 'degraded', reason = $2 WHERE id = $1",
            connection
        );
        change.Parameters.Add(new() { Value = id });
        change.Parameters.Add(new() { Value = reason });
        await change.ExecuteNonQueryAsync();
        await Task.Delay(2);
        await (keep ? transaction.CommitAsync() : transaction.RollbackAsync());
    }

    private Task<long> EventsAsync(TenantId tenant) =>
        World.Database.ScalarAsync<long>("SELECT count(*) FROM events WHERE tenant = $1", tenant.Text);
}
