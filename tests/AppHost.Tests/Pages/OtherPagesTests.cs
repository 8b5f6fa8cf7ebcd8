namespace Partner.AppHost.Tests.Pages;

/// <summary>Pages that one comes to by themselves: where it starts, why it failed, the sandbox's own.</summary>
public class OtherPagesTests(WholeSystem system, Browser browser) : IClassFixture<Browser>
{
    private static readonly (string Reason, string Headline)[] Reasons =
    [
        ("denied", "Not connected"),
        ("app-disabled", "Not connected"),
        ("client-settings", "Not connected"),
        ("never-returned", "Not connected"),
        ("interrupted", "Not connected"),
        ("other-org", "Not connected"),
        ("client-refused", "Not connected"),
        ("key-scope-missing", "Connected in part"),
        ("partly-permitted", "Connected in part"),
        ("return-link", "This link does not work"),
        ("other-browser", "Not connected"),
        ("expired", "Not connected"),
        ("used", "Nothing to do"),
        ("bad-callback", "Not connected"),
        ("unknown-site", "Not connected"),
        ("other-site", "Not connected"),
        ("code-refused", "Not connected"),
        ("datadog-unavailable", "Not connected"),
        ("unavailable", "Not connected"),
        ("still-working", "Not finished yet"),
        ("org-in-use", "Not connected"),
        ("key-lost", "One step is left"),
        ("not-permitted", "Connected in part"),
        ("session", "This link does not work"),
        ("form", "Not connected"),
        ("too-many", "Too many requests"),
        ("<script>alert(1)</script>", "Not connected"),
    ];

    // At a phone alone: the pages of one address are limited to 120 a minute.
    [Fact]
    public async Task EveryReasonHasAPage()
    {
        await using var visit = await browser.VisitAsync(Screen.Phone);
        foreach (var (reason, headline) in Reasons)
        {
            await visit.OpenAsync(new Uri(system.Gateway, $"/connect/failed?reason={Uri.EscapeDataString(reason)}"));
            await visit.AssertSoundAsync(headline);
            await visit.AssertGuardedAsync();
        }
    }

    [Theory]
    [InlineData("/connect", "Connect Datadog", 200)]
    [InlineData("/connect?domain=evil.example", "Not connected", 400)]
    [InlineData("/connect?session=used-or-made-up", "This link does not work", 400)]
    public async Task AnEntryHasAPage(string path, string headline, int status)
    {
        foreach (var screen in Enum.GetValues<Screen>())
        {
            await using var visit = await browser.VisitAsync(screen);
            await visit.OpenAsync(new Uri(system.Gateway, path));
            await visit.AssertSoundAsync(headline, status);
            await visit.AssertGuardedAsync();
        }
    }

    [Theory]
    [InlineData(Screen.Phone)]
    [InlineData(Screen.Desktop)]
    public async Task TheSandboxShowsItself(Screen screen)
    {
        await system.ConnectAsync($"pages-sandbox-{screen}");
        await using var visit = await browser.VisitAsync(screen);
        await visit.OpenAsync(system.Sandbox.Address);
        await visit.AssertSoundAsync("Datadog sandbox");
    }
}
