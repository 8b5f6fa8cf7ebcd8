using Microsoft.Playwright;
using Partner.Demo;

namespace Partner.AppHost.Tests.Pages;

/// <summary>The whole way that a person goes, in a real browser.</summary>
public class ConnectingPagesTests(WholeSystem system, Browser browser) : IClassFixture<Browser>
{
    private const string KeyPath = "/api/v2/api_keys/marketplace";

    [Theory]
    [InlineData(Screen.Phone)]
    [InlineData(Screen.Desktop)]
    public async Task FromTheTileToTheConfirmation(Screen screen)
    {
        await system.App.ResourceNotifications.WaitForResourceHealthyAsync("demo-partner");
        await using var visit = await browser.VisitAsync(screen);
        var org = await system.Sandbox.CreateOrgAsync("us3", $"Tile {screen} Inc");
        await visit.OpenAsync(system.Sandbox.Address);
        await visit.Page.Locator($"a[href*='/_sandbox/tile?org={org.Id}']").First.ClickAsync();
        await visit.AssertSoundAsync("Demo Partner");
        await visit.PressAsync("Sign in as Acme Corp");
        await visit.AssertSoundAsync("Connect Datadog to Acme Corp");
        await visit.AssertGuardedAsync();
        await Assertions.Expect(visit.Page.GetByText("US3 (us3.datadoghq.com)")).ToBeVisibleAsync();
        await visit.PressAsync("Continue to Datadog");
        await visit.AssertSoundAsync("Authorize Demo Partner");
        Assert.Equal("us3.datadoghq.com.localhost", new Uri(visit.Page.Url).Host);
        await ChooseAsync(visit, org);
        await visit.PressAsync("Authorize");
        await visit.AssertSoundAsync("Datadog is connected");
        await visit.AssertGuardedAsync();
        Assert.Equal("/connect/done", new Uri(visit.Page.Url).PathAndQuery);
    }

    [Theory]
    [InlineData(Screen.Phone)]
    [InlineData(Screen.Desktop)]
    public async Task WithoutATileThePersonChoosesASite(Screen screen)
    {
        await using var visit = await browser.VisitAsync(screen);
        await visit.OpenAsync(await SessionAsync());
        await visit.AssertSoundAsync("Connect Datadog to Long Name & Söhne GmbH <b>");
        await visit.AssertGuardedAsync();
        await visit.Page.GetByRole(AriaRole.Radio, new() { Name = "AP1 (ap1.datadoghq.com)" }).CheckAsync();
        await visit.PressAsync("Continue to Datadog");
        Assert.Equal("ap1.datadoghq.com.localhost", new Uri(visit.Page.Url).Host);
    }

    [Theory]
    [InlineData(Screen.Phone)]
    [InlineData(Screen.Desktop)]
    public async Task DeniedIsSaid(Screen screen)
    {
        await using var visit = await browser.VisitAsync(screen);
        await ToConsentAsync(visit);
        await visit.PressAsync("Deny");
        await AssertFailedAsync(visit, "Not connected", "denied");
    }

    [Theory]
    [InlineData(Screen.Phone)]
    [InlineData(Screen.Desktop)]
    [Trait("security", "4")]
    public async Task AReplayedCallbackIsRefused(Screen screen)
    {
        await using var visit = await browser.VisitAsync(screen);
        var org = await system.Sandbox.CreateOrgAsync("us1", $"Replayed {screen}");
        await ToConsentAsync(visit);
        await ChooseAsync(visit, org);
        await visit.PressAsync("Authorize");
        await visit.AssertSoundAsync("Datadog is connected");
        await visit.OpenAsync(visit.Addresses.Last(a => a.AbsolutePath == "/oauth/callback"));
        await AssertFailedAsync(visit, "Not connected", "other-browser");
    }

    [Theory]
    [InlineData(Screen.Phone)]
    [InlineData(Screen.Desktop)]
    public async Task AnOrgOfAnotherTenantIsInUse(Screen screen)
    {
        var owner = await system.ConnectAsync("pages-owner");
        await using var visit = await browser.VisitAsync(screen);
        await ToConsentAsync(visit);
        await ChooseAsync(visit, owner.Org);
        await visit.PressAsync("Authorize");
        await AssertFailedAsync(visit, "Not connected", "org-in-use");
    }

    [Theory]
    [InlineData(409, "One step is left", "key-lost", Screen.Phone)]
    [InlineData(409, "One step is left", "key-lost", Screen.Desktop)]
    [InlineData(403, "Connected in part", "not-permitted", Screen.Phone)]
    [InlineData(503, "Not finished yet", "still-working", Screen.Phone)]
    [Trait("fault", "F4")]
    public async Task WhatBecameOfTheKeyIsSaid(int status, string headline, string reason, Screen screen)
    {
        await using var visit = await browser.VisitAsync(screen);
        var org = await system.Sandbox.CreateOrgAsync("us1", $"Key {status} {screen}");
        await system.Sandbox.FaultAsync(
            new
            {
                action = "status",
                status,
                org = org.Id,
                path = KeyPath,
                count = 1,
            }
        );
        await ToConsentAsync(visit);
        await ChooseAsync(visit, org);
        await visit.PressAsync("Authorize");
        await AssertFailedAsync(visit, headline, reason);
    }

    private static async Task AssertFailedAsync(Visit visit, string headline, string reason)
    {
        await visit.AssertSoundAsync(headline);
        await visit.AssertGuardedAsync();
        Assert.Equal($"/connect/failed?reason={reason}", new Uri(visit.Page.Url).PathAndQuery);
    }

    private static Task ChooseAsync(Visit visit, SandboxOrg org) =>
        visit.Page.GetByLabel("Organisation").SelectOptionAsync([org.Id]);

    private async Task ToConsentAsync(Visit visit)
    {
        await visit.OpenAsync(await SessionAsync());
        await visit.PressAsync("Continue to Datadog");
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Deny" })).ToBeVisibleAsync();
    }

    private async Task<Uri> SessionAsync()
    {
        var tenant = await system.Backend.CreateTenantAsync(
            $"pages-{Guid.CreateVersion7():N}",
            "Long Name & Söhne GmbH <b>"
        );
        return (await system.Backend.CreateConnectSessionAsync(tenant)).Url;
    }
}
