using System.Diagnostics;
using System.Globalization;
using System.Net;
using Partner.Demo;
using Partner.Testing;

namespace Partner.AppHost.Tests.Restore;

/// <summary>
/// docs/operations.md, "Restore": the database goes back to a moment in the middle of traffic. What that costs is said
/// by the test's output, and held by it.
/// </summary>
[Collection(OtherSystems.Name)]
public sealed class RestoreTests(ITestOutputHelper output)
{
    private const string MonitorPath = "/api/v1/monitor";
    private const string Undelivered = "SELECT coalesce(sum(items), 0)::bigint FROM logs.segments";

    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    public async Task WhatWasAckedBeforeTheMomentArrivesAndTheRestIsKnown()
    {
        await using var system = await RestorableSystem.StartAsync();
        await using var webhooks = await WebhookReceiver.StartAsync();
        await system.AskAsync(HttpMethod.Post, "webhooks", new { url = webhooks.Url });
        var steady = await ConnectAsync(system, "steady");
        var rotated = await ConnectAsync(system, "rotated");
        var brought = await ConnectAsync(system, "brought");
        var ended = await ConnectAsync(system, "ended");
        var doomed = await system.Backend.CreateIngestKeyAsync(steady.Connection.Id);
        // Within a minute of a refresh, and so of connecting, there is none.
        await system.ReadAsync<long>(
            """
            WITH older AS (UPDATE auth.connections SET refreshed_at = refreshed_at - interval '5 min' RETURNING id)
            SELECT count(*) FROM older
            """
        );
        await using var traffic = new Traffic(system.Gateway, system.Http, system.Sandbox, steady);
        traffic.Start();
        await Until.TrueAsync(() => traffic.Acked > 500);
        await system.Postgres.BackUpAsync();
        await Until.TrueAsync(() => traffic.Acked > 1_000);

        // The moment, with some accepted and not yet delivered.
        await system.Sandbox.HoldAsync(new { org = steady.Org.Id });
        await MoreAsync(traffic, 500);
        var moment = await system.ReadAsync<string>("SELECT clock_timestamp()::text");
        var point = TimeProvider.System.GetUtcNow();
        await system.Sandbox.ReleaseAsync();

        // After it: all is delivered, and the customers and the partner do what they do.
        await MoreAsync(traffic, 1_000);
        await SettledAsync(traffic);
        Assert.Equal(HttpStatusCode.OK, await ReadWithRefreshAsync(system, rotated));
        Assert.Equal(HttpStatusCode.OK, await ReadWithRefreshAsync(system, brought));
        await system.AskAsync(HttpMethod.Delete, $"connections/{ended.Connection.Id}");
        await system.Backend.RevokeIngestKeyAsync(steady.Connection.Id, doomed.Id);
        var lateKey = await system.Backend.CreateIngestKeyAsync(steady.Connection.Id);
        var late = await ConnectAsync(system, "late");
        await PostOnceAsync(system, steady.Key.Key, "once");
        await Until.TrueAsync(() => webhooks.Taken.Any(m => m.Type == "connection.disconnected"));
        var heardBefore = webhooks.Taken.Select(m => m.Id).ToHashSet();

        // The disaster, with some accepted that Datadog does not have.
        await system.Sandbox.HoldAsync(new { org = steady.Org.Id });
        await MoreAsync(traffic, 500);
        await traffic.EndAsync();
        var undelivered = await system.ReadAsync<long>(Undelivered);
        await system.StopServicesAsync();
        await system.Postgres.StopAsync();
        await system.Sandbox.ReleaseAsync();
        var arrivedBefore = await traffic.ArrivedAsync();

        var clock = Stopwatch.StartNew();
        await system.Postgres.RestoreAsync(moment);
        var restored = clock.Elapsed;
        var waiting = await system.ReadAsync<long>(Undelivered);
        Assert.True(waiting > 0);
        await BringTokensOverAsync(system, but: rotated);
        await system.StartServicesAsync();
        Tell($"restored in {restored.TotalSeconds:F1} s, healthy after {clock.Elapsed.TotalSeconds:F1} s");

        // Items.
        var before = traffic.AckedBefore(point);
        var arrived = await Until.AnsweredAsync(
            traffic.ArrivedAsync,
            a => before.All(a.ContainsKey) && a.Values.Sum() - arrivedBefore.Values.Sum() >= waiting
        );
        await Until.AnsweredAsync(
            () => system.Backend.DeliveriesAsync("logs", steady.Connection.Id),
            d => d.Backlog.Items == 0
        );
        arrived = await traffic.ArrivedAsync();
        var all = traffic.AckedBefore(DateTimeOffset.MaxValue);
        var (twice, lost) = (arrived.Count(a => a.Value > 1), all.Count(item => !arrived.ContainsKey(item)));
        Tell($"{all.Count} items acked, {before.Count} of them before the moment; {waiting} waited then");
        Tell($"{twice} arrived twice; {lost} were lost, all acked after the moment; {undelivered} waited at the stop");
        Assert.Empty(before.Except(arrived.Keys));
        Assert.Equal(waiting, twice);
        Assert.True(lost > 0 && lost <= undelivered);
        var deliveries = await system.Backend.DeliveriesAsync("logs", steady.Connection.Id);
        Assert.Equal(deliveries.Accepted, deliveries.Delivered + deliveries.Backlog.Items + deliveries.DeadLetters);

        // An answer that was kept under an Idempotency-Key is forgotten: the repetition is stored a second time.
        await PostOnceAsync(system, steady.Key.Key, "once");
        await Until.AnsweredAsync(
            () => system.Sandbox.ItemsAsync(steady.Org.Id, "logs"),
            items => items.Count(item => item.Contains("only once", StringComparison.Ordinal)) == 2
        );

        // Keys: what was revoked lives again, what was made is gone.
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(system, doomed.Key));
        await system.Backend.RevokeIngestKeyAsync(steady.Connection.Id, doomed.Id);
        await Until.AnsweredAsync(() => PostAsync(system, doomed.Key), status => status == HttpStatusCode.Forbidden);
        Assert.Equal(HttpStatusCode.Forbidden, await PostAsync(system, lateKey.Key));

        // Grants: an access token of before serves to its end; the refresh after it decides.
        Assert.Equal("connected", await system.StateOfAsync(rotated.Connection.Id));
        Tell($"rotated after the moment: a read answers {await ReadAsync(system, rotated)}");
        Tell($"  with a refresh {(int)await ReadWithRefreshAsync(system, rotated)}");
        var state = await system.StateOfAsync(rotated.Connection.Id);
        Tell($"  and the connection is {state}");
        Assert.Equal("reauthorize", state);
        // One whose token was brought over goes on, and so does one that was not refreshed since.
        Assert.Equal(HttpStatusCode.OK, await ReadWithRefreshAsync(system, brought));
        Assert.Equal(HttpStatusCode.OK, await ReadWithRefreshAsync(system, steady));

        // Whom a partner disconnected is connected again, and his data would flow.
        Assert.Equal("connected", await system.StateOfAsync(ended.Connection.Id));
        Tell($"disconnected after the moment: a log answers {(int)await PostAsync(system, ended.Key.Key)}");
        await Until.AnsweredAsync(() => system.Sandbox.ItemsAsync(ended.Org.Id, "logs"), items => items.Count == 1);
        await system.AskAsync(HttpMethod.Delete, $"connections/{ended.Connection.Id}");
        await Until.AnsweredAsync(() => PostAsync(system, ended.Key.Key), status => status == HttpStatusCode.Forbidden);

        // Who connected after it is unknown, and Datadog gives no second key.
        using var unknown = await system.CallAsync(HttpMethod.Get, $"connections/{late.Connection.Id}");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Tell($"connected after the moment: connects again as {await ConnectAgainAsync(system, late)}");

        // The chains are those of the moment, and go on from there.
        var intact = await system.AskAsync(HttpMethod.Get, $"connections/{steady.Connection.Id}/audit");
        Assert.NotEmpty(intact["entries"]!.AsArray());

        var heard = webhooks.Taken.Select(m => m.Id).ToList();
        Tell($"webhooks: {heard.Count(heardBefore.Contains) - heardBefore.Count} came again");

        void Tell(string line) => output.WriteLine(line);
    }

    private static Task<ConnectedTenant> ConnectAsync(RestorableSystem system, string name) =>
        Connecting.ConnectAsync(system.Backend, system.Sandbox, system.Gateway, DemoSite.All[0], name);

    /// <summary>By the commands of docs/operations.md.</summary>
    private static async Task BringTokensOverAsync(RestorableSystem system, ConnectedTenant but)
    {
        var owner = $"(SELECT token_owner FROM auth.connections WHERE id = '{but.Connection.Id}')";
        var newest = $"SELECT max(version) FROM vault.secrets WHERE owner = {owner}";
        var known = await system.ReadAsync<long>(newest);
        var page = await File.ReadAllTextAsync(Repository.PathOf("docs", "operations.md"));
        var commands = BashSession.BlocksOf(page).Single(block => block.Contains("$DAMAGED", StringComparison.Ordinal));
        var (damaged, address) = await system.Postgres.StartDamagedAsync();
        var folder = Directory.CreateTempSubdirectory("tokens-").FullName;
        using (damaged)
        {
            using var shell = new BashSession(folder, ("DAMAGED", address), ("RESTORED", system.Postgres.Address));
            await shell.RunAsync(commands);
        }

        Directory.Delete(folder, recursive: true);
        Assert.True(await system.ReadAsync<long>(newest) > known);
        await system.ReadAsync<long>(
            $"""
            WITH gone AS (DELETE FROM vault.secrets WHERE owner = {owner} AND version > {known} RETURNING version)
            SELECT count(*) FROM gone
            """
        );
    }

    private static async Task MoreAsync(Traffic traffic, int items)
    {
        var now = traffic.Acked;
        await Until.TrueAsync(() => traffic.Acked > now + items);
    }

    // All that was acked until now has arrived.
    private static async Task SettledAsync(Traffic traffic)
    {
        var until = traffic.AckedBefore(DateTimeOffset.MaxValue);
        await Until.AnsweredAsync(traffic.ArrivedAsync, arrived => until.All(arrived.ContainsKey));
    }

    private static async Task<HttpStatusCode> PostAsync(RestorableSystem system, string key)
    {
        using var request = DatadogClients.ApiClient(system.Gateway, key, ["""{"message":"a log"}"""]);
        using var response = await system.Http.SendAsync(request);
        return response.StatusCode;
    }

    private static async Task PostOnceAsync(RestorableSystem system, string key, string once)
    {
        using var request = DatadogClients.ApiClient(system.Gateway, key, ["""{"message":"only once"}"""]);
        request.Headers.Add("Idempotency-Key", once);
        using var response = await system.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    private static async Task<HttpStatusCode> ReadAsync(RestorableSystem system, ConnectedTenant tenant)
    {
        using var read = await system.CallAsync(
            HttpMethod.Get,
            $"connections/{tenant.Connection.Id}/datadog{MonitorPath}?page_size=1"
        );
        return read.StatusCode;
    }

    /// <summary>Datadog refuses the access token once, and Auth has to refresh.</summary>
    private static async Task<HttpStatusCode> ReadWithRefreshAsync(RestorableSystem system, ConnectedTenant tenant)
    {
        await system.Sandbox.FaultAsync(
            new
            {
                org = tenant.Org.Id,
                path = MonitorPath,
                action = "status",
                status = 401,
                count = 1,
            }
        );
        return await ReadAsync(system, tenant);
    }

    private static async Task<string> ConnectAgainAsync(RestorableSystem system, ConnectedTenant late)
    {
        using var person = new Person();
        var tenant = await system.Backend.CreateTenantAsync(late.Tenant.ExternalId, late.Tenant.Name);
        await Connecting.FromTileAsync(person, system.Backend, system.Gateway, tenant, late.Org, late.Site);
        var again = Assert.Single(await system.Backend.ConnectionsAsync(tenant.Id));
        return string.Create(CultureInfo.InvariantCulture, $"{again.State} ({again.Reason})");
    }
}
