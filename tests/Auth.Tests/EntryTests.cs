using System.Net;
using System.Web;
using Microsoft.AspNetCore.WebUtilities;
using Partner.Egress;
using Partner.Sandbox;
using Partner.Sandbox.OAuth;

namespace Partner.Auth.Tests;

/// <summary>From the tile by way of the sign-in page, with every combination of parameters (datadog-facts 2.1 to 2.4).</summary>
public sealed class EntryTests(World world) : IClassFixture<World>
{
    /// <summary>Entry, the site that the org lives on, the authorize host, the domain that must come back.</summary>
    public static TheoryData<string, string, string?, string, string?> Entries =>
        new()
        {
            { "", "US1", null, "app.datadoghq.com", null },
            { "", "EU1", null, "app.datadoghq.com", null },
            { "domain=datadoghq.com", "US1", null, "app.datadoghq.com", "datadoghq.com" },
            { "domain=DATADOGHQ.EU", "EU1", null, "app.datadoghq.eu", "datadoghq.eu" },
            { "domain=us3.datadoghq.com", "US3", null, "us3.datadoghq.com", "us3.datadoghq.com" },
            { "domain=uk1.datadoghq.com", "UK1", null, "uk1.datadoghq.com", "uk1.datadoghq.com" },
            { "site=https://app.datadoghq.eu", "EU1", null, "app.datadoghq.eu", null },
            { "site=https://app.datadoghq.eu/", "EU1", null, "app.datadoghq.eu", null },
            { "site=app.datadoghq.eu", "EU1", null, "app.datadoghq.eu", null },
            { "site=https://us5.datadoghq.com", "AP1", null, "us5.datadoghq.com", null },
            { "site=mycompany.datadoghq.com", "US3", "mycompany", "mycompany.datadoghq.com", null },
            { "site=https://mycompany.datadoghq.com", "US1", "mycompany", "mycompany.datadoghq.com", null },
            {
                "domain=us3.datadoghq.com&site=https://us3.datadoghq.com",
                "US3",
                null,
                "us3.datadoghq.com",
                "us3.datadoghq.com"
            },
            { "site=app.datadoghq.eu&domain=datadoghq.eu", "EU1", null, "app.datadoghq.eu", "datadoghq.eu" },
            {
                "domain=us3.datadoghq.com&site=mycompany.datadoghq.com",
                "US3",
                "mycompany",
                "mycompany.datadoghq.com",
                "us3.datadoghq.com"
            },
            {
                "domain=us5.datadoghq.com&site=https://mycompany.us5.datadoghq.com",
                "US5",
                null,
                "mycompany.us5.datadoghq.com",
                "us5.datadoghq.com"
            },
            {
                "domain=datadoghq.com&site=app.datadoghq.com&dd_oid=1&dd_org_name=x&client_id=y",
                "US1",
                null,
                "app.datadoghq.com",
                "datadoghq.com"
            },
        };

    [Theory]
    [Trait("security", "14")]
    [Trait("security", "19")]
    [Trait("security", "21")]
    [Trait("security", "22")]
    [MemberData(nameof(Entries))]
    public async Task AnEntryLeadsToItsHostAndTheCallbackToTheSite(
        string entry,
        string site,
        string? subDomain,
        string authorizeHost,
        string? expectedDomain
    )
    {
        var org = NewOrg(site, subDomain);
        var (tenant, browser) = (await world.Auth.NewTenantAsync(), world.NewBrowser());
        var (link, redirect) = await EnterAsync(browser, entry);
        Assert.Equal(
            new Uri(World.SignInUrl).GetLeftPart(UriPartial.Path),
            new Uri(redirect).GetLeftPart(UriPartial.Path)
        );

        var session = await world.Auth.CreateSessionAsync(tenant, ("entry", link));
        var authorize = await browser.LeaveByAsync(session);
        Assert.Equal((authorizeHost + ".localhost", "/oauth2/v1/authorize"), (authorize.Host, authorize.AbsolutePath));
        Assert.Equal(
            expectedDomain ?? "",
            await world.Database.ScalarAsync<string>(
                "SELECT coalesce(expected_domain, '') FROM attempts WHERE session = $1",
                session["id"]!.GetValue<string>()
            )
        );

        Assert.Equal("/connect/done", (await browser.GetAsync(await Browser.ConsentAsync(authorize, org))).Location);
        var parameter = (await world.Auth.ConnectionAsync(tenant))["site"]!.GetValue<string>();
        Assert.Equal(SiteTable.Find(site)!.Parameter, parameter);
        Assert.All(
            world.Datadog.Journal.Entries.Where(e => e.Org == org.Id),
            e => Assert.Equal($"api.{parameter}", e.Host)
        );
    }

    [Theory]
    [Trait("security", "22")]
    [InlineData("domain=us3.datadoghq.com", "US1")]
    [InlineData("domain=us3.datadoghq.com&site=mycompany.datadoghq.com", "US1")]
    [InlineData("domain=datadoghq.com&site=app.datadoghq.com", "EU1")]
    public async Task WhoSwitchesRegionAfterTheTileNamedOneIsRefused(string entry, string site)
    {
        var (tenant, browser) = (await world.Auth.NewTenantAsync(), world.NewBrowser());
        var (link, _) = await EnterAsync(browser, entry);
        var before = world.TokenRequests();
        var session = await world.Auth.CreateSessionAsync(tenant, ("entry", link));
        var callback = await Browser.ConsentAsync(await browser.LeaveByAsync(session), NewOrg(site));
        Assert.Equal("/connect/failed?reason=other-site", (await browser.GetAsync(callback)).Location);
        Assert.Equal(before, world.TokenRequests());
        Assert.Equal(
            "other-site",
            (await world.Auth.SessionAsync(session["id"]!.GetValue<string>()))["reason"]!.GetValue<string>()
        );
    }

    [Fact]
    [Trait("security", "19")]
    [Trait("security", "21")]
    public void WhatTheTileSaysNeverBecomesAHostOfTheBackend()
    {
        var sites = SiteRegistry.BuiltIn();
        foreach (var text in Testing.HostileSites.Generate(seed: 4, count: 20_000))
        {
            foreach (
                var (domain, site) in new (string?, string?)[] { (text, null), (null, text), ("datadoghq.com", text) }
            )
            {
                if (!Connect.TileEntry.TryParse(sites, domain, site, out var entry))
                {
                    continue;
                }

                Assert.True(entry.Domain is null || sites.Sites.Contains(entry.Domain), text);
                Assert.True(
                    sites.Sites.Any(s => s.AppHost == entry.Host.Text)
                        || (
                            !sites.Allows(entry.Host.Text)
                            && sites.Sites.Any(s => entry.Host.Text.Split('.', 2)[1] == s.Parameter.Text)
                        ),
                    text
                );
            }
        }
    }

    [Fact]
    [Trait("security", "14")]
    [Trait("security", "15")]
    public async Task TheWayBackIsSignedAndNothingElseIsTaken()
    {
        var browser = world.NewBrowser();
        var (link, _) = await EnterAsync(browser, "domain=us3.datadoghq.com");
        Assert.StartsWith($"{World.PublicUrl}/connect?entry=", link);
        Assert.True(IsSigned(link));
        var tenant = await world.Auth.NewTenantAsync();
        var query = QueryHelpers.ParseQuery(new Uri(link).Query);
        var (entry, expires) = (query["entry"].ToString(), query["expires"].ToString());
        string[] changed =
        [
            link.Replace(entry, OpaqueTokens.New(), StringComparison.Ordinal),
            link.Replace(expires, $"{long.Parse(expires) + 1}", StringComparison.Ordinal),
            link[..^2] + (link.EndsWith("AA", StringComparison.Ordinal) ? "BB" : "AA"),
            link + "&entry=another",
            link.Replace(World.PublicUrl, "https://evil.tld", StringComparison.Ordinal),
            "https://evil.tld/connect?entry=x",
            "/connect",
        ];
        foreach (var forged in changed)
        {
            var (status, problem) = await world.Auth.PartnerAsync(
                HttpMethod.Post,
                "/partner/v1/connect-sessions",
                await world.Auth.SessionBodyAsync(tenant, ("entry", forged))
            );
            Assert.Equal((HttpStatusCode.BadRequest, "bad-entry"), (status, problem!["type"]!.GetValue<string>()));
        }

        foreach (var forged in changed[..4])
        {
            var visit = await world.NewBrowser().GetAsync(new Uri(forged).PathAndQuery);
            Assert.Equal((HttpStatusCode.BadRequest, null), (visit.Status, visit.Location));
            Assert.Contains("This link does not work", visit.Body);
        }

        // Signed by the product itself, and too old.
        var old = $"{World.PublicUrl}/connect?entry={entry}&expires=1";
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await browser.GetAsync(new Uri($"{old}&signature={Sign(old)}").PathAndQuery)).Status
        );
    }

    [Fact]
    public async Task AnotherBrowserThanTheTilesKnowsTheTileByTheSignedLink()
    {
        var (link, _) = await EnterAsync(world.NewBrowser(), "domain=us3.datadoghq.com");
        var session = await world.Auth.CreateSessionAsync(await world.Auth.NewTenantAsync(), ("entry", link));
        var authorize = await world.NewBrowser().LeaveByAsync(session);
        Assert.Equal("us3.datadoghq.com.localhost", authorize.Host);
    }

    [Fact]
    public async Task WhoComesBackWithoutASessionIsShownTheWayToSignInNotSentInCircles()
    {
        var browser = world.NewBrowser();
        var (link, _) = await EnterAsync(browser, "domain=us3.datadoghq.com");
        var visit = await browser.GetAsync(new Uri(link).PathAndQuery);
        Assert.Equal((HttpStatusCode.OK, null), (visit.Status, visit.Location));
        Assert.Contains($"href=\"{World.SignInUrl}?return_to=", HttpUtility.HtmlDecode(visit.Body));
    }

    /// <summary>The link back that the sign-in page is given, and the whole redirect; without parameters it is in a page.</summary>
    private static async Task<(string Link, string Redirect)> EnterAsync(Browser browser, string entry)
    {
        var visit = await browser.GetAsync($"/connect{(entry.Length > 0 ? "?" : "")}{entry}");
        var redirect =
            visit.Location
            ?? HttpUtility.HtmlDecode(visit.Body.Split("sign in to")[0].Split("href=\"")[^1].Split('"')[0]);
        return (QueryHelpers.ParseQuery(new Uri(redirect).Query)["return_to"].ToString(), redirect);
    }

    private static bool IsSigned(string link) =>
        link.Split("&signature=") is [var before, var signature] && Sign(before) == signature;

    private static string Sign(string link) =>
        System.Buffers.Text.Base64Url.EncodeToString(
            System.Security.Cryptography.HMACSHA256.HashData(
                System.Text.Encoding.UTF8.GetBytes(World.ReturnToKey),
                System.Text.Encoding.UTF8.GetBytes(link)
            )
        );

    private Org NewOrg(string site, string? subDomain = null) =>
        world.Datadog.Orgs.Add(SiteTable.Find(site)!, $"Org {Guid.CreateVersion7():N}", subDomain);
}
