using System.Net;
using Partner.Auth.Tokens;
using Partner.Contracts;
using Partner.Sandbox;
using Partner.Sandbox.Traffic;
using Partner.Testing;

namespace Partner.Auth.Tests.Tokens;

/// <summary>Refreshes whose process is killed or frozen in the middle, as the operating system does it.</summary>
[Collection(ProcessWorld.Name)]
public sealed class KilledProcessTests(World world) : TokenTests(world)
{
    private static readonly TimeSpan LeaseOver = LeaseStore.Time + TimeSpan.FromSeconds(1);

    [Fact]
    [Trait("fault", "F20")]
    public async Task OnADatabaseThatMayLoseCommitsAuthDoesNotStart()
    {
        var (exitCode, output) = await AuthProcess.StartOnUnsafeDatabaseAsync(World);
        Assert.NotEqual(0, exitCode);
        Assert.Contains(
            "Postgres runs with fsync, full_page_writes, synchronous_commit off",
            output,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("Now listening", output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("fault", "F2")]
    public async Task AnotherTakesOverWhenTheRefresherIsKilledHoldingTheLease()
    {
        var (id, _) = await ConnectAsync();
        await ExpireAsync(id);
        await using var process = await AuthProcess.StartAsync(World);
        var (granted, used) = (Granted(), UsedTwice());
        var asking = await CaughtAskingAsync(process, id, At(FaultAction.Hang, count: 1));
        process.Kill();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => asking);

        // As long as the lease runs nobody asks Datadog a second time; after it somebody does, once.
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await World.Auth.AccessTokenAsync(id)).Status);
        Assert.Equal(granted, Granted());
        await World.PassInDatabaseAsync(LeaseOver);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => World.Auth.AccessTokenAsync(id)));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Equal((granted + 1, used), (Granted(), UsedTwice()));
    }

    [Theory]
    [Trait("fault", "F3")]
    [InlineData(Rotation.Never, "connected", null)]
    [InlineData(Rotation.AlwaysOldDies, "reauthorize", "refresh-answer-lost")]
    public async Task KilledBetweenDatadogsAnswerAndItsStorageItRecoversOrSaysSo(
        Rotation rotation,
        string state,
        string? reason
    )
    {
        var (id, _) = await ConnectAsync();
        await ExpireAsync(id);
        await using var process = await AuthProcess.StartAsync(World);
        var settings = World.Datadog.Settings;
        World.Datadog.Settings = settings with { Rotate = rotation };
        await World.RefuseInVaultAsync("refresh-token");
        try
        {
            var granted = Granted();
            var asking = process.AccessTokenAsync(id);
            await Until.TrueAsync(() => Granted() > granted);
            process.Kill();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => asking);
        }
        finally
        {
            await World.AcceptInVaultAsync();
        }

        try
        {
            await World.PassInDatabaseAsync(LeaseOver);
            await World.Auth.AccessTokenAsync(id);
            await World.PassInDatabaseAsync(LeaseStore.Grace + TimeSpan.FromSeconds(2));
            var (status, _, _) = await World.Auth.AccessTokenAsync(id);
            Assert.Equal(state == "connected" ? HttpStatusCode.OK : HttpStatusCode.Conflict, status);
            Assert.Equal(state, await StateAsync(id));
            Assert.Equal(reason, reason is null ? null : await ReasonAsync(id));
        }
        finally
        {
            World.Datadog.Settings = settings;
        }
    }

    [Fact]
    [Trait("fault", "F4")]
    public async Task KilledBetweenTheKeyAndItsStorageItEndsInKeyLostAndAsksForNoOther()
    {
        var (tenant, org) = (
            await World.Auth.NewTenantAsync(),
            World.Datadog.Orgs.Add(SiteTable.Find("US1")!, "Killed")
        );
        await using var process = await AuthProcess.StartAsync(World);
        var browser = World.NewBrowserAt(process);
        var callback = await Browser.ConsentAsync(await browser.LeaveAsync(tenant), org);
        await World.RefuseInVaultAsync("api-key");
        try
        {
            var visiting = browser.GetAsync(callback);
            await Until.TrueAsync(() => org.Keys.Count == 1);
            process.Kill();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => visiting);
        }
        finally
        {
            await World.AcceptInVaultAsync();
        }

        await World.PassInDatabaseAsync(TimeSpan.FromMinutes(3));
        for (var i = 0; i < 3; i++)
        {
            await World.Database.ExecuteAsync(
                "UPDATE connections SET next_step_at = now() - interval '1 second' WHERE tenant = $1 AND next_step_at IS NOT NULL",
                tenant.Text
            );
            await World.Auth.StepWorkerAsync();
        }

        var lost = await World.Auth.ConnectionAsync(tenant);
        Assert.Equal(
            ("key_lost", "key-exists-at-datadog"),
            (lost["state"]!.GetValue<string>(), lost["reason"]!.GetValue<string>())
        );
        Assert.Equal((2, 1), (World.MintRequests(org), org.Keys.Count));
    }

    [Fact]
    [Trait("fault", "F5")]
    public Task AHolderThatWakesUpLateKeepsTheOnlyLiveToken() => WakeUpAfterAsync(TimeSpan.FromSeconds(1));

    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    [Trait("fault", "F5")]
    public Task AHolderThatWakesUpAfterAMinuteKeepsTheOnlyLiveToken() => WakeUpAfterAsync(TimeSpan.FromSeconds(60));

    private async Task WakeUpAfterAsync(TimeSpan pause)
    {
        var (id, _) = await ConnectAsync();
        await ExpireAsync(id);
        await using var process = await AuthProcess.StartAsync(World);
        var asking = await CaughtAskingAsync(process, id, At(FaultAction.Delay, count: 1, delayMs: 500));
        var granted = Granted();
        await process.PauseAsync();
        await Until.TrueAsync(() => Granted() > granted);
        await Task.Delay(pause);

        // The lease is over. Whoever asks now hears invalid_grant, for the sleeper's answer holds the only live token.
        await World.PassInDatabaseAsync(LeaseOver);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await World.Auth.AccessTokenAsync(id)).Status);
        Assert.Equal("connected", await StateAsync(id));
        await process.ResumeAsync();
        // Its caller has gone long since; it stores what it has all the same.
        await asking;
        await Until.TrueAsync(async () => await GenerationAsync(id) == 2);
        var token = await World.Auth.AccessTokenAsync(id);
        Assert.Equal(("connected", HttpStatusCode.OK), (await StateAsync(id), token.Status));
    }

    [Fact]
    [Trait("fault", "F5")]
    public async Task AHolderThatWakesUpTooLateIsDroppedAndFreesNobodysLease()
    {
        var (id, _) = await ConnectAsync();
        await ExpireAsync(id);
        await using var process = await AuthProcess.StartAsync(World);
        var settings = World.Datadog.Settings;
        World.Datadog.Settings = settings with { Rotate = Rotation.Never };
        try
        {
            var asking = await CaughtAskingAsync(process, id, At(FaultAction.Delay, count: 1, delayMs: 500));
            var granted = Granted();
            await process.PauseAsync();
            await Until.TrueAsync(() => Granted() > granted);
            await World.PassInDatabaseAsync(LeaseOver);
            var moved = (await World.Auth.AccessTokenAsync(id)).Token!;
            var owner = await World.Auth.Get<LeaseStore>().TryAcquireAsync(id, 2, CancellationToken.None);
            Assert.NotNull(owner);

            await process.ResumeAsync();
            // Its own answer is dropped: it serves what the row has.
            Assert.Equal(moved.Value, (await asking).Token!.Value);
            Assert.Equal(2L, await GenerationAsync(id));
            Assert.Equal(
                owner.Holder,
                await World.Database.ScalarAsync<string>(
                    "SELECT holder FROM refresh_leases WHERE connection = $1",
                    id.Text
                )
            );
        }
        finally
        {
            World.Datadog.Settings = settings;
        }
    }

    [Fact]
    public async Task AnEventWhoseSenderIsKilledIsSentByAnother()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var (_, webhook) = await World.Auth.PartnerAsync(
            HttpMethod.Post,
            "/partner/v1/webhooks",
            new { url = receiver.Url }
        );
        try
        {
            var got = new TaskCompletionSource();
            receiver.Answer = async (_, context) =>
            {
                got.TrySetResult();
                await Task.Delay(Timeout.Infinite, context.RequestAborted)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return 500;
            };
            await ConnectAsync();
            await using (var process = await AuthProcess.StartAsync(World))
            {
                await Until.DoneAsync(got.Task);
                process.Kill();
            }

            receiver.Answer = (_, _) => Task.FromResult(204);
            var dispatcher = World.Auth.Get<Auth.Webhooks.WebhookDispatcher>();
            Assert.Equal(0, await dispatcher.RunOneIterationAsync(CancellationToken.None));
            await World.PassInDatabaseAsync(TimeSpan.FromSeconds(61));
            Assert.Equal(1, await dispatcher.RunOneIterationAsync(CancellationToken.None));
            Assert.Single(receiver.Messages.Select(m => m.Id).Distinct());
            Assert.Equal((2, 1), (receiver.Messages.Count, receiver.Taken.Count));
        }
        finally
        {
            await World.Auth.PartnerAsync(HttpMethod.Delete, $"/partner/v1/webhooks/{webhook!["id"]}");
        }
    }

    /// <summary>Its request has reached Datadog, and waits there.</summary>
    private async Task<Task<(HttpStatusCode Status, AccessToken? Token)>> CaughtAskingAsync(
        AuthProcess process,
        ConnectionId id,
        Fault fault
    )
    {
        var met = World.Datadog.Faults.Met;
        World.Datadog.Faults.Add(fault);
        var asking = process.AccessTokenAsync(id);
        await Until.TrueAsync(() => World.Datadog.Faults.Met > met || asking.IsCompleted);
        Assert.False(asking.IsCompleted, asking.IsCompleted ? $"It asked nobody, and answered {await asking}" : null);
        return asking;
    }
}
