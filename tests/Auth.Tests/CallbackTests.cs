using System.Net;
using Partner.Contracts;
using Partner.Sandbox;
using Partner.Sandbox.OAuth;
using Partner.Testing;

namespace Partner.Auth.Tests;

/// <summary>What a callback must not do.</summary>
public sealed class CallbackTests(World world) : IClassFixture<World>
{
    [Fact]
    [Trait("security", "4")]
    public async Task ReplayedOneAfterTheOtherAndAtOnceItMakesOneTokenRequest()
    {
        var (tenant, browser, _, callback) = await ConsentedAsync();
        var before = world.TokenRequests();
        var cookies = browser.CookieJar.ToList();
        var ends = await AllAtOnceAsync(8, () => Same(cookies).GetAsync(callback));
        Assert.Single(ends, end => end.Location == "/connect/done");
        Assert.All(
            ends.Where(end => end.Location != "/connect/done"),
            end => Assert.Equal("/connect/failed?reason=used", end.Location)
        );
        Assert.Equal("/connect/failed?reason=used", (await Same(cookies).GetAsync(callback)).Location);
        Assert.Equal(before + 1, world.TokenRequests());
        await world.Auth.ConnectionAsync(tenant);
    }

    [Fact]
    [Trait("security", "3")]
    [Trait("security", "12")]
    public async Task InAnotherBrowserItIsRefusedAndTheRightOneCanStillGoOn()
    {
        var (tenant, browser, _, callback) = await ConsentedAsync();
        var (otherTenant, other, _, otherCallback) = await ConsentedAsync();
        var before = world.TokenRequests();

        Assert.Equal("/connect/failed?reason=other-browser", (await world.NewBrowser().GetAsync(callback)).Location);
        Assert.Equal("/connect/failed?reason=bad-callback", (await other.GetAsync(callback)).Location);
        Assert.Equal(before, world.TokenRequests());
        Assert.Empty(await world.Auth.ConnectionsAsync(tenant));
        Assert.Empty(await world.Auth.ConnectionsAsync(otherTenant));

        Assert.Equal("/connect/done", (await browser.GetAsync(callback)).Location);
        Assert.Equal("/connect/done", (await other.GetAsync(otherCallback)).Location);
    }

    [Fact]
    [Trait("security", "5")]
    public async Task AfterTenMinutesItIsRefused()
    {
        var (_, browser, _, callback) = await ConsentedAsync();
        var before = world.TokenRequests();
        await world.Database.ExecuteAsync(
            "UPDATE attempts SET created_at = created_at - interval '10 minutes 1 second' WHERE consumed_at IS NULL"
        );
        Assert.Equal("/connect/failed?reason=expired", (await browser.GetAsync(callback)).Location);
        Assert.Equal(before, world.TokenRequests());
    }

    [Theory]
    [Trait("security", "6")]
    [InlineData("&error=access_denied&error=access_denied")]
    [InlineData("&state=another")]
    [InlineData("&domain=us3.datadoghq.com")]
    [InlineData("&code=another")]
    [InlineData("&dd_oid=1")]
    public async Task ARepeatedParameterIsRefused(string more)
    {
        var (_, browser, _, callback) = await ConsentedAsync();
        var before = world.TokenRequests();
        Assert.Equal("/connect/failed?reason=bad-callback", (await browser.GetAsync(callback + more)).Location);
        Assert.Equal(before, world.TokenRequests());
    }

    [Theory]
    [Trait("security", "6")]
    [InlineData("state", "bad-callback")]
    [InlineData("code", "bad-callback")]
    [InlineData("domain", "unknown-site")]
    public async Task AMissingParameterIsRefused(string name, string reason)
    {
        var (_, browser, _, callback) = await ConsentedAsync();
        var before = world.TokenRequests();
        var less = System.Text.RegularExpressions.Regex.Replace(callback, $"(?<=[?&]){name}=[^&]*&?", "");
        Assert.NotEqual(callback, less);
        Assert.Equal($"/connect/failed?reason={reason}", (await browser.GetAsync(less)).Location);
        Assert.Equal(before, world.TokenRequests());
    }

    [Theory]
    [Trait("security", "20")]
    [Trait("security", "22")]
    [InlineData("evil.tld", "unknown-site")]
    [InlineData("datadoghq.com.evil.tld", "unknown-site")]
    [InlineData("user%40evil", "unknown-site")]
    [InlineData("127.0.0.1", "unknown-site")]
    [InlineData("datadoghq.com%00", "unknown-site")]
    [InlineData("", "unknown-site")]
    [InlineData("us3.datadoghq.com", "other-site")]
    public async Task AForgedDomainIsRefusedBeforeAnyConnection(string domain, string reason)
    {
        var (tenant, browser, _, callback) = await ConsentedAsync(tile: "domain=datadoghq.com");
        var before = world.Datadog.Journal.Entries.Count;
        var forged = callback.Replace("domain=datadoghq.com", $"domain={domain}", StringComparison.Ordinal);
        Assert.NotEqual(callback, forged);
        Assert.Equal($"/connect/failed?reason={reason}", (await browser.GetAsync(forged)).Location);
        Assert.Equal(before, world.Datadog.Journal.Entries.Count);
        Assert.Empty(await world.Auth.ConnectionsAsync(tenant));
    }

    [Fact]
    [Trait("security", "11")]
    public async Task ADenialConsumesTheAttemptAndShowsAFixedPage()
    {
        var browser = world.NewBrowser();
        var tenant = await world.Auth.NewTenantAsync();
        var callback = await Browser.ConsentAsync(await browser.LeaveAsync(tenant), world.Datadog.Orgs.All[0], "deny");
        Assert.Contains("error=access_denied", callback);
        var cookies = browser.CookieJar.ToList();
        var end = await browser.GetAsync(callback + "%3Cscript%3E");
        Assert.Equal("/connect/failed?reason=bad-callback", end.Location);
        end = await browser.GetAsync(callback);
        Assert.Equal("/connect/failed?reason=denied", end.Location);
        Assert.DoesNotContain("access_denied", (await browser.GetAsync(end.Location!)).Body);
        Assert.Equal("/connect/failed?reason=used", (await Same(cookies).GetAsync(callback)).Location);
    }

    [Fact]
    public async Task AForgedOrgIdChangesNothing()
    {
        var victim = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, "Victim");
        var victimTenant = await world.Auth.NewTenantAsync();
        await world.NewBrowser().ConnectAsync(victimTenant, victim);

        var (tenant, browser, org, callback) = await ConsentedAsync();
        var forged = callback
            .Replace($"dd_oid={org.Oid}", $"dd_oid={victim.Oid}", StringComparison.Ordinal)
            .Replace(
                $"dd_org_name={Uri.EscapeDataString(org.Name)}",
                $"dd_org_name={victim.Name}",
                StringComparison.Ordinal
            );
        Assert.NotEqual(callback, forged);
        Assert.Equal("/connect/done", (await browser.GetAsync(forged)).Location);

        var connection = await world.Auth.ConnectionAsync(tenant);
        Assert.Equal(org.Id, connection["org"]!.GetValue<string>());
        Assert.Equal(org.Keys.Single().Id, connection["api_key_id"]!.GetValue<string>());
        Assert.Equal(
            victim.Keys.Single().Id,
            (await world.Auth.ConnectionAsync(victimTenant))["api_key_id"]!.GetValue<string>()
        );
    }

    [Fact]
    [Trait("security", "9")]
    public async Task WithoutAnEchoedStateCookieAndVerifierHold()
    {
        var auth = await world.StartAuthAsync(null, ("Clients:default:EchoesState", "false"));
        var settings = world.Datadog.Settings;
        world.Datadog.Settings = settings with { EchoState = false };
        try
        {
            var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, "No echo");
            var tenant = await auth.NewTenantAsync();
            var browser = world.NewBrowser(auth);
            var callback = await Browser.ConsentAsync(await browser.LeaveAsync(tenant), org);
            Assert.DoesNotContain("state=", callback);

            // A code of the attacker's own attempt, put into another browser's: PKCE refuses it.
            var other = world.NewBrowser(auth);
            await other.LeaveAsync(await auth.NewTenantAsync());
            Assert.Equal("/connect/failed?reason=code-refused", (await other.GetAsync(callback)).Location);

            var second = world.NewBrowser(auth);
            callback = await Browser.ConsentAsync(await second.LeaveAsync(tenant), org);
            Assert.Equal(
                "/connect/failed?reason=bad-callback",
                (await world.NewBrowser().GetAsync($"{callback}&state=a&state=b")).Location
            );
            Assert.Equal("/connect/done", (await second.GetAsync(callback)).Location);

            // The profile that expects a state does not do without.
            var strict = world.NewBrowser();
            callback = await Browser.ConsentAsync(await strict.LeaveAsync(tenant), org);
            Assert.Equal("/connect/failed?reason=bad-callback", (await strict.GetAsync(callback)).Location);
        }
        finally
        {
            world.Datadog.Settings = settings;
        }
    }

    [Fact]
    [Trait("security", "18")]
    public async Task TheBrowserLandsWithoutCodeAndState()
    {
        var (_, browser, _, callback) = await ConsentedAsync();
        var end = await browser.GetAsync(callback);
        Assert.Equal((HttpStatusCode.SeeOther, "/connect/done", ""), (end.Status, end.Location, end.Body));
        Assert.Contains("close this tab", (await browser.GetAsync(end.Location!)).Body);
    }

    private async Task<(TenantId Tenant, Browser Browser, Org Org, string Callback)> ConsentedAsync(string? tile = null)
    {
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, $"Org {Guid.CreateVersion7():N}");
        var tenant = await world.Auth.NewTenantAsync();
        var browser = world.NewBrowser();
        if (tile is not null)
        {
            await browser.GetAsync($"/connect?{tile}");
        }

        return (tenant, browser, org, await Browser.ConsentAsync(await browser.LeaveAsync(tenant), org));
    }

    /// <summary>Keeps the attempts locked until everybody has read them and wants to use them up.</summary>
    private async Task<Visit[]> AllAtOnceAsync(int count, Func<Task<Visit>> call)
    {
        await using var connection = await world.Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var held = new Npgsql.NpgsqlCommand("SELECT cookie_hash FROM attempts FOR UPDATE", connection);
        await held.ExecuteNonQueryAsync();
        var calls = Enumerable.Range(0, count).Select(_ => call()).ToList();
        await Until.AnsweredAsync(
            () =>
                world.Database.ScalarAsync<long>(
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE attempts%'"
                ),
            waiting => waiting >= count,
            meanwhile: () => Assert.DoesNotContain(calls, c => c.IsCompleted)
        );
        await transaction.CommitAsync();
        return await Task.WhenAll(calls);
    }

    private Browser Same(IEnumerable<KeyValuePair<string, string>> cookies)
    {
        var browser = world.NewBrowser();
        foreach (var (name, value) in cookies)
        {
            browser.CookieJar[name] = value;
        }

        return browser;
    }
}
