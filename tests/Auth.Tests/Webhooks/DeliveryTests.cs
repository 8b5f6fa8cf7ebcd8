using System.Net;
using Partner.Auth.Webhooks;
using Partner.Contracts;
using Partner.Testing;

namespace Partner.Auth.Tests.Webhooks;

/// <summary>Order, repetition, crashes, endpoints that fail for days, replay.</summary>
[Collection(WebhookWorld.Name)]
public sealed class DeliveryTests(World world) : WebhookTests(world)
{
    [Fact]
    public async Task AnEventThatFailsHoldsLaterOnesOfItsTenantAndOfNobodyElse()
    {
        await AddAsync();
        await using var other = await WebhookReceiver.StartAsync();
        await AddAsync(other);
        var (held, id, _) = await ConnectAsync();
        var (free, _, _) = await ConnectAsync();
        await SetStateAsync(id, ConnectionState.Degraded, "x");
        await SetStateAsync(id, ConnectionState.Connected);
        Receiver.Answer = (message, _) => Task.FromResult(message.Tenant == held.Text ? 500 : 200);
        await DispatchAsync();
        Assert.Equal(["connection.connected"], TypesOf(Receiver.Messages, held));
        Assert.Equal(["connection.connected"], TypesOf(Receiver.Taken, free));
        Assert.Equal(
            ["connection.connected", "connection.degraded", "connection.connected"],
            TypesOf(other.Taken, held)
        );

        Receiver.Answer = (_, _) => Task.FromResult(200);
        Assert.Equal(0, await DispatchAsync());
        await World.PassAsync(TimeSpan.FromSeconds(7));
        await DispatchAsync();
        Assert.Equal(
            ["connection.connected", "connection.degraded", "connection.connected"],
            TypesOf(Receiver.Taken, held)
        );
        Assert.Equal(2, Receiver.Messages.Where(m => m.Tenant == held.Text).GroupBy(m => m.Id).Max(m => m.Count()));
    }

    [Fact]
    public async Task WhatAProcessHadInHandWhenItDiedIsSentByAnotherAndInOrder()
    {
        var (webhook, _) = await AddAsync();
        var (tenant, id, _) = await ConnectAsync();
        await SetStateAsync(id, ConnectionState.Degraded, "x");
        var store = World.Auth.Get<WebhookDeliveryStore>();
        Assert.Single(await store.ClaimAsync(webhook, 10, CancellationToken.None));

        // It may still be at it: nobody sends that event a second time, nor the next one.
        Assert.Equal(0, await DispatchAsync());
        await World.PassAsync(TimeSpan.FromSeconds(61));
        await DispatchAsync();
        Assert.Equal(["connection.connected", "connection.degraded"], TypesOf(Receiver.Messages, tenant));
    }

    [Fact]
    public async Task AnEndpointThatHangsOrBreaksOffIsTriedAgain()
    {
        await AddAsync();
        var (tenant, _, _) = await ConnectAsync();
        Receiver.Answer = (_, context) =>
        {
            context.Abort();
            return Task.FromResult(200);
        };
        await DispatchAsync();
        var id = Assert.Single(Receiver.Messages).Id;
        Receiver.Answer = (_, _) => Task.FromResult(204);
        await World.PassAsync(TimeSpan.FromSeconds(7));
        await DispatchAsync();
        Assert.Equal([id, id], Receiver.Messages.Where(m => m.Tenant == tenant.Text).Select(m => m.Id));
    }

    [Fact]
    public async Task AnEventIsGivenUpAfterThreeDaysAndAnEndpointAfterFive()
    {
        var (webhook, _) = await AddAsync();
        var (tenant, id, _) = await ConnectAsync();
        await SetStateAsync(id, ConnectionState.Degraded, "x");
        Receiver.Answer = (_, _) => Task.FromResult(503);
        var start = World.Clock.GetUtcNow();
        while ((await GetAsync($"{webhook}"))["enabled"]!.GetValue<bool>())
        {
            await DispatchAsync();
            await World.PassAsync(TimeSpan.FromHours(3));
            Assert.InRange(World.Clock.GetUtcNow() - start, TimeSpan.Zero, TimeSpan.FromDays(7));
        }

        Assert.InRange(World.Clock.GetUtcNow() - start, TimeSpan.FromDays(5), TimeSpan.FromDays(7));
        Assert.Equal("failing", (await GetAsync($"{webhook}"))["disabled_reason"]!.GetValue<string>());
        var deliveries = (await GetAsync($"{webhook}/deliveries"))["deliveries"]!.AsArray();
        Assert.Equal(
            [("connection.degraded", "pending", 503), ("connection.connected", "failed", 503)],
            deliveries.Select(d =>
                (d!["type"]!.GetValue<string>(), d["state"]!.GetValue<string>(), d["last_status"]!.GetValue<int>())
            )
        );
        Assert.Equal(10, deliveries[1]!["attempts"]!.GetValue<int>());
        Assert.Equal(
            1L,
            await World.VaultScalarAsync<long>(
                "SELECT count(*) FROM audit WHERE connection = $1 AND event = 'webhook.disabled' AND strpos(details, $2) > 0",
                AuditChainId.Partner.Text,
                webhook.ToString()
            )
        );

        // Enabled again: what waits goes at once, what was given up is there to be replayed.
        Receiver.Answer = (_, _) => Task.FromResult(200);
        Assert.Equal(0, await DispatchAsync());
        await World.Auth.PartnerAsync(HttpMethod.Post, $"/partner/v1/webhooks/{webhook}/enable");
        await DispatchAsync();
        Assert.Equal(["connection.degraded"], TypesOf(Receiver.Taken, tenant));
    }

    [Fact]
    public async Task AnEndpointThatIsGoneIsDisabledAtOnce()
    {
        var (webhook, _) = await AddAsync();
        await ConnectAsync();
        Receiver.Answer = (_, _) => Task.FromResult(410);
        await DispatchAsync();
        Assert.Equal(
            (false, "gone"),
            (
                (await GetAsync($"{webhook}"))["enabled"]!.GetValue<bool>(),
                (await GetAsync($"{webhook}"))["disabled_reason"]!.GetValue<string>()
            )
        );
    }

    [Fact]
    public async Task WhatWasDeliveredCanBeReplayedFromAnEventOrATime()
    {
        var (webhook, secret) = await AddAsync();
        var (tenant, id, _) = await ConnectAsync();
        await SetStateAsync(id, ConnectionState.Degraded, "x");
        await SetStateAsync(id, ConnectionState.Connected);
        await DispatchAsync();
        var first = Receiver.Taken.Select(m => m.Id).ToList();
        Assert.Equal(3, first.Count);

        await World.PassAsync(TimeSpan.FromHours(2));
        var (_, replayed) = await World.Auth.PartnerAsync(
            HttpMethod.Post,
            $"/partner/v1/webhooks/{webhook}/replay",
            new { from_event = first[1] }
        );
        Assert.Equal(2, replayed!["events"]!.GetValue<int>());
        await DispatchAsync();
        Assert.Equal([.. first, first[1], first[2]], Receiver.Taken.Select(m => m.Id));

        await World.Auth.PartnerAsync(
            HttpMethod.Post,
            $"/partner/v1/webhooks/{webhook}/replay",
            new { from = World.Clock.GetUtcNow() - TimeSpan.FromHours(3) }
        );
        Receiver.Taken.Clear();
        await DispatchAsync();
        Assert.Equal(first, Receiver.Taken.Where(m => m.Tenant == tenant.Text).Select(m => m.Id));
        // Signed anew, at the time of sending.
        Assert.All(Receiver.Taken, message => Assert.True(message.IsSignedBy(secret)));
        Assert.Equal(
            HttpStatusCode.NotFound,
            (
                await World.Auth.PartnerAsync(
                    HttpMethod.Post,
                    $"/partner/v1/webhooks/{webhook}/replay",
                    new { from_event = "evt_unknown" }
                )
            ).Status
        );
    }

    [Fact]
    public async Task DeliveriesArePaged()
    {
        var (webhook, _) = await AddAsync();
        var (_, id, _) = await ConnectAsync();
        for (var i = 0; i < 4; i++)
        {
            await SetStateAsync(id, ConnectionState.Degraded, $"{i}");
        }

        var first = await GetAsync($"{webhook}/deliveries?limit=3");
        var second = await GetAsync($"{webhook}/deliveries?limit=3&after={first["next"]}");
        Assert.Equal(
            (3, 2, null),
            (first["deliveries"]!.AsArray().Count, second["deliveries"]!.AsArray().Count, second["next"])
        );
        Assert.Equal(
            5,
            first["deliveries"]!
                .AsArray()
                .Concat(second["deliveries"]!.AsArray())
                .Select(d => d!["event"]!.GetValue<string>())
                .Distinct()
                .Count()
        );
        Assert.Empty((await GetAsync($"{webhook}/deliveries?state=failed"))["deliveries"]!.AsArray());
    }
}
