using System.Net;
using Partner.Auth.Tokens;
using Partner.Contracts;
using Partner.Sandbox;
using Partner.Sandbox.OAuth;
using Partner.Sandbox.Traffic;
using AccessToken = Partner.Contracts.AccessToken;

namespace Partner.Auth.Tests;

/// <summary>The one API key of an org, and what becomes of a connection when things go wrong.</summary>
public sealed class SetupTests(World world) : IClassFixture<World>
{
    private const string MintPath = "/api/v2/api_keys/marketplace";

    [Fact]
    [Trait("fault", "F4")]
    public async Task AKeyThatNobodyHasTheValueOfEndsInKeyLostWithoutALoop()
    {
        var (tenant, org) = (await world.Auth.NewTenantAsync(), NewOrg());
        // Datadog makes the key, and the answer is lost: as if the process had ended before it was stored.
        world.Datadog.Faults.Add(
            new Fault
            {
                Filter = new TrafficFilter(Org: org.Id, Path: MintPath),
                Action = FaultAction.LostAnswer,
                Count = 1,
            }
        );
        Assert.Equal("/connect/failed?reason=still-working", await world.NewBrowser().ConnectAsync(tenant, org));
        var pending = await world.Auth.ConnectionAsync(tenant);
        Assert.Equal("pending", pending["state"]!.GetValue<string>());

        for (var i = 0; i < 3; i++)
        {
            await MakeDueAsync(pending["id"]!.GetValue<string>());
            await world.Auth.StepWorkerAsync();
        }

        var lost = await world.Auth.ConnectionAsync(tenant);
        Assert.Equal(
            ("key_lost", "key-exists-at-datadog"),
            (lost["state"]!.GetValue<string>(), lost["reason"]!.GetValue<string>())
        );
        Assert.Equal(2, world.MintRequests(org));

        // The repair: the customer revokes the key and connects again.
        org.Keys.Single().Live = false;
        Assert.Equal("/connect/done", await world.NewBrowser().ConnectAsync(tenant, org));
        var repaired = await world.Auth.ConnectionAsync(tenant);
        Assert.Equal(
            (lost["id"]!.GetValue<string>(), "connected"),
            (repaired["id"]!.GetValue<string>(), repaired["state"]!.GetValue<string>())
        );
    }

    [Fact]
    public async Task AConflictWithoutAStoredKeyShowsTheRepairSteps()
    {
        var org = NewOrg();
        var first = await world.Auth.NewTenantAsync();
        await world.NewBrowser().ConnectAsync(first, org);
        var id = (await world.Auth.ConnectionAsync(first))["id"]!.GetValue<string>();
        await world.Auth.PartnerAsync(HttpMethod.Delete, $"/partner/v1/connections/{id}");

        var browser = world.NewBrowser();
        var end = await browser.ConnectAsync(await world.Auth.NewTenantAsync(), org);
        Assert.Equal("/connect/failed?reason=key-lost", end);
        Assert.Contains("revoke the key", (await browser.GetAsync(end)).Body);
    }

    [Fact]
    public async Task ASecondTenantOnTheSameOrgIsRefusedAndTheFirstIsUntouched()
    {
        var org = NewOrg();
        var first = await world.Auth.NewTenantAsync();
        await world.NewBrowser().ConnectAsync(first, org);
        var second = await world.Auth.NewTenantAsync();
        Assert.Equal("/connect/failed?reason=org-in-use", await world.NewBrowser().ConnectAsync(second, org));

        var refused = await world.Auth.ConnectionAsync(second);
        Assert.Equal(
            ("disconnected", "org-in-use", null),
            (
                refused["state"]!.GetValue<string>(),
                refused["reason"]!.GetValue<string>(),
                refused["api_key_id"]?.GetValue<string>()
            )
        );
        var id = ConnectionId.Parse((await world.Auth.ConnectionAsync(first))["id"]!.GetValue<string>());
        Assert.Equal(new ConnectionCheck(ConnectionState.Connected, null, true), await world.Auth.CheckAsync(id));
        Assert.Equal(
            (HttpStatusCode.Conflict, "reauthorize"),
            Drop(await world.Auth.AccessTokenAsync(ConnectionId.Parse(refused["id"]!.GetValue<string>())))
        );
        Assert.Equal(1, world.MintRequests(org));
        Assert.Equal(
            0L,
            await world.VaultScalarAsync<long>(
                """
                SELECT count(*) FROM vault.owner_connections c JOIN vault.owners o ON o.id = c.owner
                WHERE o.kind = 'org' AND c.connection = $1
                """,
                refused["id"]!.GetValue<string>()
            )
        );
    }

    [Fact]
    public async Task WhereDatadogForbidsTheKeyTheConnectionSaysSo()
    {
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, "No keys", canCreateKeys: false);
        var tenant = await world.Auth.NewTenantAsync();
        Assert.Equal("/connect/failed?reason=not-permitted", await world.NewBrowser().ConnectAsync(tenant, org));
        var connection = await world.Auth.ConnectionAsync(tenant);
        Assert.Equal(
            ("degraded", "api-key-not-permitted"),
            (connection["state"]!.GetValue<string>(), connection["reason"]!.GetValue<string>())
        );
    }

    [Fact]
    public async Task WhereTheTokenCannotTellItsOrgTheNewKeyDoes()
    {
        var settings = world.Datadog.Settings;
        world.Datadog.Settings = settings with { CurrentUser = false };
        try
        {
            var (tenant, org) = (await world.Auth.NewTenantAsync(), NewOrg());
            Assert.Equal("/connect/done", await world.NewBrowser().ConnectAsync(tenant, org));
            var connection = await world.Auth.ConnectionAsync(tenant);
            Assert.Equal(
                (org.Id, org.Keys.Single().Id),
                (connection["org"]!.GetValue<string>(), connection["api_key_id"]!.GetValue<string>())
            );
        }
        finally
        {
            world.Datadog.Settings = settings;
        }
    }

    [Fact]
    [Trait("security", "40")]
    public async Task DisconnectingStopsSendsRevokesShredsAndSaysWhatLives()
    {
        var (tenant, org) = (await world.Auth.NewTenantAsync(), NewOrg());
        await world.NewBrowser().ConnectAsync(tenant, org);
        var id = ConnectionId.Parse((await world.Auth.ConnectionAsync(tenant))["id"]!.GetValue<string>());
        await world.Auth.PartnerAsync(HttpMethod.Post, $"/partner/v1/connections/{id}/ingest-keys", new { });
        var version = (await world.Auth.FeedAsync(0)).Version;

        var (status, report) = await world.Auth.PartnerAsync(HttpMethod.Delete, $"/partner/v1/connections/{id}");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(
            (
                "disconnected",
                true,
                org.Keys.Single().Id,
                "https://app.datadoghq.com/organization-settings/api-keys?filter=Demo%20Partner"
            ),
            (
                report!["state"]!.GetValue<string>(),
                report["finished"]!.GetValue<bool>(),
                report["api_key_id"]!.GetValue<string>(),
                report["api_keys_url"]!.GetValue<string>()
            )
        );
        Assert.True(world.Datadog.Grants.Of(org).Single().Revoked);
        Assert.Equal((HttpStatusCode.Conflict, "reauthorize"), Drop(await world.Auth.AccessTokenAsync(id)));
        Assert.False(Assert.Single((await world.Auth.FeedAsync(version)).Keys).Live);
        Assert.Equal(HttpStatusCode.NotFound, await world.ReleaseAsync(id));
        Assert.Equal(ConnectionState.Disconnected, (await world.Auth.RecordAsync(id)).State);
        Assert.Equal(
            HttpStatusCode.NotFound,
            (
                await world.Auth.PartnerAsync(HttpMethod.Post, $"/partner/v1/connections/{id}/ingest-keys", new { })
            ).Status
        );
        Assert.Equal(
            0L,
            await world.VaultScalarAsync<long>(
                "SELECT count(*) FROM owners WHERE state <> 'shredded' AND (org = $1 OR connection = $2)",
                org.Id,
                id.Text
            )
        );
    }

    [Fact]
    [Trait("security", "40")]
    public async Task ATokenThatCameBackIntoTheCacheIsGoneWithinAMinuteAndNoneIsMade()
    {
        var (tenant, org) = (await world.Auth.NewTenantAsync(), NewOrg());
        await world.NewBrowser().ConnectAsync(tenant, org);
        var id = ConnectionId.Parse((await world.Auth.ConnectionAsync(tenant))["id"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.OK, (await world.Auth.AccessTokenAsync(id)).Status);
        using var redis = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(world.Redis.ConnectionString);
        var entry = await redis.GetDatabase().StringGetAsync(CacheKeys.AccessToken(id));
        var asked = world.TokenRequests();
        await world.Auth.PartnerAsync(HttpMethod.Delete, $"/partner/v1/connections/{id}");

        // A reader of a moment before puts it back. The clean-up's second round takes it out.
        await redis.GetDatabase().StringSetAsync(CacheKeys.AccessToken(id), entry);
        await world.Database.ExecuteAsync(
            "UPDATE connections SET disconnected_at = disconnected_at - interval '1 minute', next_step_at = next_step_at - interval '1 minute' WHERE id = $1",
            id.Text
        );
        await world.Auth.StepWorkerAsync();
        Assert.Equal((HttpStatusCode.Conflict, "reauthorize"), Drop(await world.Auth.AccessTokenAsync(id)));
        Assert.Equal(asked, world.TokenRequests());
        Assert.True(
            await world.Database.ScalarAsync<bool>(
                "SELECT next_step_at IS NULL FROM connections WHERE id = $1",
                id.Text
            )
        );
    }

    [Fact]
    [Trait("security", "40")]
    public async Task WithDatadogAwayTheGrantIsRevokedLaterAndNothingIsSentMeanwhile()
    {
        var (tenant, org) = (await world.Auth.NewTenantAsync(), NewOrg());
        await world.NewBrowser().ConnectAsync(tenant, org);
        var id = ConnectionId.Parse((await world.Auth.ConnectionAsync(tenant))["id"]!.GetValue<string>());
        world.Datadog.Faults.Add(new Fault { Filter = new TrafficFilter(Path: "/oauth2/v1/revoke"), Status = 503 });
        var (_, report) = await world.Auth.PartnerAsync(HttpMethod.Delete, $"/partner/v1/connections/{id}");
        world.Datadog.Faults.Clear();
        Assert.False(report!["finished"]!.GetValue<bool>());
        Assert.Equal((HttpStatusCode.Conflict, "reauthorize"), Drop(await world.Auth.AccessTokenAsync(id)));
        Assert.Equal(HttpStatusCode.NotFound, await world.ReleaseAsync(id));
        Assert.False(world.Datadog.Grants.Of(org).Single().Revoked);

        await MakeDueAsync(id.Text);
        await world.Auth.StepWorkerAsync();
        Assert.True(world.Datadog.Grants.Of(org).Single().Revoked);
        Assert.Equal(
            0L,
            await world.VaultScalarAsync<long>(
                "SELECT count(*) FROM owners WHERE state <> 'shredded' AND (org = $1 OR connection = $2)",
                org.Id,
                id.Text
            )
        );
    }

    [Fact]
    [Trait("fault", "F11")]
    public async Task ADeletedKeyIsFoundByTheCheck()
    {
        var (tenant, org) = (await world.Auth.NewTenantAsync(), NewOrg());
        await world.NewBrowser().ConnectAsync(tenant, org);
        var id = ConnectionId.Parse((await world.Auth.ConnectionAsync(tenant))["id"]!.GetValue<string>());
        org.Keys.Single().Live = false;
        await world.Database.ExecuteAsync(
            "UPDATE connections SET key_since = key_since - interval '1 minute' WHERE id = $1",
            id.Text
        );
        Assert.Equal(
            new ConnectionCheck(ConnectionState.Degraded, "api-key-rejected", false),
            await world.Auth.CheckAsync(id)
        );

        org.Keys.Single().Live = true;
        Assert.Equal(new ConnectionCheck(ConnectionState.Connected, null, true), await world.Auth.CheckAsync(id));
    }

    [Fact]
    [Trait("security", "50")]
    public async Task WithoutAVaultNoCodeIsExchangedAndNoKeyAskedFor()
    {
        var (tenant, org) = (await world.Auth.NewTenantAsync(), NewOrg());
        var browser = world.NewBrowser();
        var callback = await Browser.ConsentAsync(await browser.LeaveAsync(tenant), org);
        var (url, before) = (world.VaultUrl, world.TokenRequests());
        await world.StopVaultAsync();
        try
        {
            Assert.Equal("/connect/failed?reason=unavailable", (await browser.GetAsync(callback)).Location);
        }
        finally
        {
            await world.RestartVaultAsync(url);
        }

        Assert.Equal((before, 0), (world.TokenRequests(), world.MintRequests(org)));
        Assert.Equal("/connect/done", await world.NewBrowser().ConnectAsync(tenant, org));
    }

    private Org NewOrg() => world.Datadog.Orgs.Add(SiteTable.Find("US1")!, $"Org {Guid.CreateVersion7():N}");

    private Task MakeDueAsync(string id) =>
        world.Database.ExecuteAsync(
            "UPDATE connections SET next_step_at = now() - interval '1 second' WHERE id = $1",
            id
        );

    private static (HttpStatusCode, string?) Drop((HttpStatusCode Status, AccessToken? Token, string? Type) answer) =>
        (answer.Status, answer.Type);
}
