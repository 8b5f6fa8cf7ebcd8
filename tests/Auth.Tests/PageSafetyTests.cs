using System.Net;
using Partner.Sandbox;

namespace Partner.Auth.Tests;

/// <summary>What the pages of connecting withstand: foreign texts, forms and cookies, and too many requests.</summary>
public sealed class PageSafetyTests(World world) : IClassFixture<World>
{
    [Fact]
    public async Task TheConfirmPageNamesTheTenantEncodedAndUsesNothingUp()
    {
        var tenant = await world.Auth.NewTenantAsync("<script>Evil & Sons");
        var url = await world.Auth.NewSessionAsync(tenant);
        for (var i = 0; i < 3; i++)
        {
            var page = await world.NewBrowser().GetAsync(url);
            Assert.Equal(HttpStatusCode.OK, page.Status);
            Assert.Contains("Connect Datadog to &lt;script&gt;Evil &amp; Sons", page.Body);
            Assert.DoesNotContain("<script", page.Body);
        }
    }

    [Fact]
    public async Task AFormFromElsewhereIsRefusedAndTheSessionStaysGood()
    {
        var url = await world.Auth.NewSessionAsync(await world.Auth.NewTenantAsync());
        var (victim, attacker) = (world.NewBrowser(), world.NewBrowser());
        var page = await attacker.GetAsync(url);
        await victim.GetAsync(url);
        (string, string)[] stolen = [("session", page.Hidden("session")), ("token", page.Hidden("token"))];
        Assert.Equal(HttpStatusCode.BadRequest, (await victim.PostAsync("/connect", stolen)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await world.NewBrowser().PostAsync("/connect", stolen)).Status);
        Assert.Equal(HttpStatusCode.SeeOther, (await attacker.PostAsync("/connect", stolen)).Status);
    }

    [Fact]
    [Trait("security", "17")]
    public async Task EveryPageHasTheHeadersAndNoThirdParty()
    {
        var browser = world.NewBrowser();
        string[] paths =
        [
            await world.Auth.NewSessionAsync(await world.Auth.NewTenantAsync()),
            "/connect",
            "/connect/done",
            "/connect/failed?reason=denied",
            "/connect?domain=evil",
            "/oauth/callback",
            "/connect?domain=datadoghq.com",
        ];
        foreach (var path in paths)
        {
            var visit = await browser.GetAsync(path);
            Assert.Equal("no-referrer", visit.Headers["Referrer-Policy"]);
            Assert.Equal("no-store", visit.Headers["Cache-Control"]);
            Assert.StartsWith(
                "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
                visit.Headers["Content-Security-Policy"]
            );
            Assert.DoesNotContain("http", visit.Headers["Content-Security-Policy"]);
            Assert.DoesNotContain("unsafe", visit.Headers["Content-Security-Policy"]);
            Assert.DoesNotContain("style=", visit.Body);
        }

        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/connect/style.css")).Status);
        Assert.Contains("Start again.", (await browser.GetAsync("/connect/failed?reason=%3Cscript%3E")).Body);
    }

    [Fact]
    [Trait("security", "3")]
    [Trait("security", "13")]
    public async Task CookiesAreBoundToTheHostAndRenewedByConnecting()
    {
        var browser = world.NewBrowser();
        var planted = OpaqueTokens.New();
        browser.CookieJar["__Host-connect"] = planted;
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, "Cookies");
        var authorize = await browser.LeaveAsync(await world.Auth.NewTenantAsync());
        Assert.NotEqual(planted, browser.CookieJar["__Host-connect"]);
        Assert.Equal("/connect/done", (await browser.GetAsync(await Browser.ConsentAsync(authorize, org))).Location);

        Assert.Empty(browser.CookieJar);
        Assert.All(
            browser.SetCookies,
            line =>
            {
                Assert.StartsWith("__Host-", line);
                Assert.Contains("; path=/", line);
                Assert.Contains("; secure", line);
                Assert.Contains("; httponly", line);
                Assert.Contains("; samesite=", line);
                Assert.DoesNotContain("domain=", line);
            }
        );
    }

    [Theory]
    [Trait("security", "47")]
    [InlineData("/connect/done")]
    [InlineData("/connect?domain=datadoghq.com")]
    [InlineData("/oauth/callback?code=a&state=b&domain=datadoghq.com")]
    public async Task WhoAsksForTooManyPagesIsToldSoOnAPageThatHasItsStyle(string path)
    {
        var browser = world.NewBrowser();
        Visit visit;
        var passed = 0;
        while ((visit = await browser.GetAsync(path)).Status is HttpStatusCode.OK or HttpStatusCode.SeeOther)
        {
            Assert.True(++passed <= 1_200, "There is no limit.");
        }

        Assert.True(passed >= 600, $"Only {passed} pages.");
        Assert.Equal(
            (HttpStatusCode.TooManyRequests, "60", "no-store"),
            (visit.Status, visit.Headers["Retry-After"], visit.Headers["Cache-Control"])
        );
        Assert.Contains("<h1>Too many requests</h1>", visit.Body);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/connect/style.css")).Status);
        // Another address is another person.
        Assert.Equal(HttpStatusCode.OK, (await world.NewBrowser().GetAsync("/connect/done")).Status);
    }
}
