using System.Net;
using Partner.Demo;
using Partner.Demo.Types;
using Partner.Testing;

namespace Partner.AppHost.Tests;

/// <summary>Accepted, killed, started again: all arrived. For every data type, sent as its clients send it.</summary>
public class EveryTypeTests(WholeSystem system)
{
    [Theory]
    [InlineData("metrics")]
    [InlineData("events")]
    [InlineData("service_checks")]
    [InlineData("traces")]
    [Trait("fault", "F19")]
    public async Task WhatWasAcceptedSurvivesAKillOfItsSender(string name)
    {
        var type = DataType.All.Single(t => t.Name == name);
        var tenant = await system.ConnectAsync($"survive-{type.Sender}");
        await system.Sandbox.HoldAsync(new { org = tenant.Org.Id });
        var markers = new List<string>();
        foreach (var client in type.Clients)
        {
            for (var request = 0; request < client.Requests; request++)
            {
                markers.AddRange(await SendAsync(tenant, client, request));
            }
        }

        var before = await system.Backend.DeliveriesAsync(type.Sender, tenant.Connection.Id);
        Assert.Equal(0, before.Delivered);
        Assert.True(before.Backlog.Items > 0);
        await system.KillAsync(type.Sender);
        await system.StartAgainAsync(type.Sender);
        await system.Sandbox.ReleaseAsync();

        var missing = await Until.AnsweredAsync(
            async () => Missing(markers, await system.Sandbox.ItemsAsync(tenant.Org.Id, type.Name)),
            left => left.Count == 0
        );
        Assert.Empty(missing);
        var after = await Until.AnsweredAsync(
            () => system.Backend.DeliveriesAsync(type.Sender, tenant.Connection.Id),
            d => d.Backlog.Items == 0
        );
        Assert.Equal(0, after.DeadLetters);
    }

    /// <summary>The answer of Datadog is lost, the sender is killed, the caller asks again: one incident, and its id.</summary>
    [Fact]
    [Trait("fault", "F18")]
    public async Task ALostAnswerMakesNoSecondIncident()
    {
        var tenant = await system.ConnectAsync("incident");
        await system.Sandbox.FaultAsync(
            new
            {
                org = tenant.Org.Id,
                path = "/api/v2/incidents",
                action = "lost-answer",
                count = 1,
            }
        );
        var call = new Call(system.Gateway, tenant.Key.Key, ["incident_lost_answer"], TimeProvider.System.GetUtcNow());
        var create = DataType.All.Single(t => t.Name == "incidents").Clients[0].Request;

        using var first = await PostAsync(create(call));
        await system.KillAsync("incidents");
        await system.StartAgainAsync("incidents");
        var status = await Until.AnsweredAsync(
            async () =>
            {
                using var again = await PostAsync(create(call));
                return again.StatusCode;
            },
            s => s != HttpStatusCode.ServiceUnavailable
        );

        Assert.Equal(HttpStatusCode.Created, status);
        var made = await system.Sandbox.ItemsAsync(tenant.Org.Id, "incidents");
        Assert.Single(made, item => item.Contains("incident_lost_answer", StringComparison.Ordinal));
    }

    private async Task<HttpResponseMessage> PostAsync(HttpRequestMessage request)
    {
        using (request)
        {
            request.Headers.Add("Idempotency-Key", "the-same-incident");
            return await system.Http.SendAsync(request);
        }
    }

    private async Task<IReadOnlyList<string>> SendAsync(ConnectedTenant tenant, Client client, int number)
    {
        var markers = Enumerable
            .Range(number * client.Items, client.Items)
            .Select(i => $"kill_{client.Name}_{i:000}")
            .ToList();
        using var request = client.Request(
            new Call(system.Gateway, tenant.Key.Key, markers, TimeProvider.System.GetUtcNow())
        );
        using var response = await system.Http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return markers;
    }

    private static List<string> Missing(List<string> markers, IReadOnlyList<string> items)
    {
        var arrived = string.Join('\n', items);
        return markers.FindAll(marker => !arrived.Contains(marker, StringComparison.Ordinal));
    }
}
