using System.Net;
using Microsoft.Extensions.Logging;
using Partner.Sandbox.Traffic;

namespace Partner.Auth.Tests;

/// <summary>While a customer authorises: from the consent page to the exchange of the code.</summary>
[Collection(ErrorWorld.Name)]
public sealed class OAuthErrorTests(World world) : ErrorTests(world)
{
    public enum AtDatadog
    {
        UnknownClient,
        OtherRedirect,
        AppDisabled,
        Closed,
    }

    // authorize: Datadog shows its own page and redirects nowhere.
    [Theory]
    [InlineData(AtDatadog.UnknownClient, "Invalid client_id parameter value")]
    [InlineData(AtDatadog.OtherRedirect, "Mismatching redirect URI")]
    [InlineData(AtDatadog.AppDisabled, "disabled")]
    [InlineData(AtDatadog.Closed, null)]
    public async Task WhoNeverComesBackEndsAsAbandonedWithTheDocumentedCauses(AtDatadog what, string? datadogSays)
    {
        var auth = what switch
        {
            AtDatadog.UnknownClient => await World.StartAuthAsync(
                null,
                ("Clients:default:ClientId", Guid.CreateVersion7().ToString())
            ),
            AtDatadog.OtherRedirect => await World.StartAuthAsync(
                null,
                ("Clients:default:RedirectUri", "https://old.example/oauth/callback")
            ),
            _ => World.Auth,
        };
        var org = NewOrg();
        org.AppDisabled = what is AtDatadog.AppDisabled;
        var (tenant, browser) = (await auth.NewTenantAsync(), World.NewBrowser(auth));
        var session = await auth.CreateSessionAsync(tenant);
        var authorize = await browser.LeaveByAsync(session);
        if (datadogSays is not null)
        {
            Assert.Contains(datadogSays, await Browser.StuckAtDatadogAsync(authorize, org));
        }

        // Who comes back by the link is told why that may be.
        var page = await browser.GetAsync(Text(session, "url")![World.PublicUrl.Length..]);
        AssertNamesTheCauses(page.Body);

        await World.Database.ExecuteAsync(
            "UPDATE connect_sessions SET used_at = used_at - interval '9 minutes 50 seconds' WHERE id = $1",
            Text(session, "id")!
        );
        await auth.SweepAsync();
        Assert.Equal("started", Text(await auth.SessionAsync(Text(session, "id")!), "state"));
        await World.Database.ExecuteAsync(
            "UPDATE connect_sessions SET used_at = used_at - interval '11 seconds' WHERE id = $1",
            Text(session, "id")!
        );
        await auth.SweepAsync();
        var ended = await auth.SessionAsync(Text(session, "id")!);
        Assert.Equal(("abandoned", "never-returned"), (Text(ended, "state"), Text(ended, "reason")));
        AssertNamesTheCauses(Text(ended, "help")!);
        Assert.Empty(await auth.ConnectionsAsync(tenant));
    }

    // callback: with an error instead of a code.
    [Theory]
    [Trait("security", "11")]
    [InlineData("access_denied", "denied", "choose Authorize")]
    [InlineData("unauthorized_client", "app-disabled", "Organization Settings, OAuth Apps")]
    [InlineData("temporarily_unavailable", "datadog-unavailable", "in a few minutes")]
    [InlineData("server_error", "datadog-unavailable", "in a few minutes")]
    [InlineData("invalid_scope", "client-settings", "Tell the support")]
    [InlineData("<script>alert(1)</script>", "client-settings", "Tell the support")]
    [InlineData("", "client-settings", "Tell the support")]
    public async Task AnErrorInTheCallbackEndsTheAttemptAndIsNeverReflected(string error, string reason, string says)
    {
        var (tenant, browser) = (await World.Auth.NewTenantAsync(), World.NewBrowser());
        var session = await World.Auth.CreateSessionAsync(tenant);
        var callback = await Browser.ConsentAsync(await browser.LeaveByAsync(session), NewOrg(), "deny");
        var cookies = browser.CookieJar.ToList();
        callback = callback
            .Replace("error=access_denied", $"error={Uri.EscapeDataString(error)}", StringComparison.Ordinal)
            .Replace(
                "error_description=",
                "error_description=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
                StringComparison.Ordinal
            );
        var end = await browser.GetAsync(callback);
        Assert.Equal(
            (HttpStatusCode.SeeOther, $"/connect/failed?reason={reason}", ""),
            (end.Status, end.Location, end.Body)
        );
        var page = await browser.GetAsync(end.Location!);
        Assert.Contains(says, page.Body);
        Assert.DoesNotContain("onerror", page.Body);
        Assert.DoesNotContain("<script", page.Body);
        var ended = await World.Auth.SessionAsync(Text(session, "id")!);
        Assert.Equal(("failed", reason), (Text(ended, "state"), Text(ended, "reason")));
        Assert.Contains(says, Text(ended, "help"));

        // Consumed: with the same cookie and state nothing goes on.
        var again = World.NewBrowser();
        cookies.ForEach(c => again.CookieJar[c.Key] = c.Value);
        Assert.Equal("/connect/failed?reason=used", (await again.GetAsync(callback)).Location);
    }

    // token: for a code. Nothing is kept, no tenant is harmed, and no code is tried twice.
    [Theory]
    [InlineData(
        401,
        """{"errors":["invalid_client - Client authentication failed."]}""",
        "client-refused",
        "its operator has been told",
        1
    )]
    [InlineData(
        400,
        """{"errors":["invalid_grant - Invalid authorization code or code verifier."]}""",
        "code-refused",
        "Start again",
        1
    )]
    [InlineData(400, """{"error":"invalid_client"}""", "client-refused", "its operator has been told", 1)]
    [InlineData(429, """{"errors":["Too many requests"]}""", "datadog-unavailable", "in a few minutes", 1)]
    [InlineData(500, """{"errors":["Internal Server Error"]}""", "datadog-unavailable", "in a few minutes", 1)]
    [InlineData(503, "", "datadog-unavailable", "in a few minutes", 1)]
    public async Task ARefusedCodeHasAPageAndAReason(int status, string body, string reason, string says, int requests)
    {
        var (tenant, org, browser) = (await World.Auth.NewTenantAsync(), NewOrg(), World.NewBrowser());
        var session = await World.Auth.CreateSessionAsync(tenant);
        var callback = await Browser.ConsentAsync(await browser.LeaveByAsync(session), org);
        var (before, errors) = (World.TokenRequests(), World.Logs.Count(LogLevel.Error));
        World.Datadog.Faults.Add(
            new Fault
            {
                Filter = new TrafficFilter(Path: TokenPath),
                Status = status,
                Body = body,
                Count = 1,
            }
        );
        await AssertEndAsync(browser, callback, session, "failed", reason, says);
        Assert.Equal(before + requests, World.TokenRequests());
        Assert.Equal(reason == "client-refused", World.Logs.Count(LogLevel.Error) > errors);
        Assert.Empty(await World.Auth.ConnectionsAsync(tenant));

        // The next attempt is not hindered, and health is as Datadog's last word says.
        Assert.Equal("/connect/done", await World.NewBrowser().ConnectAsync(tenant, org));
        Assert.False(World.Auth.Get<ClientHealth>().IsRefused("default"));
    }

    // any API: a host that is not of the list is never asked, so no certificate has to refuse it.
    [Fact]
    public async Task ACertificateThatDoesNotFitIsADatadogThatDoesNotAnswer()
    {
        var (tenant, org, browser) = (await World.Auth.NewTenantAsync(), NewOrg(), World.NewBrowser());
        var session = await World.Auth.CreateSessionAsync(tenant);
        var callback = await Browser.ConsentAsync(await browser.LeaveByAsync(session), org);
        World.Datadog.Faults.Add(
            new Fault
            {
                Filter = new TrafficFilter(Path: TokenPath),
                Action = FaultAction.Reset,
                Count = 1,
            }
        );
        await AssertEndAsync(browser, callback, session, "failed", "datadog-unavailable", "in a few minutes");
    }

    private static void AssertNamesTheCauses(string text)
    {
        foreach (
            var cause in new[] { "client ID is wrong", "redirect URI", "not published", "disabled the application" }
        )
        {
            Assert.Contains(cause, text);
        }
    }
}
