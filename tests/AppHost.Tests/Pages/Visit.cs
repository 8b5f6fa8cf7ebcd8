using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Partner.Testing;

namespace Partner.AppHost.Tests.Pages;

/// <summary>One person's tab, and all that the browser complained about in it.</summary>
public sealed partial class Visit : IAsyncDisposable
{
    // For a finger; for a mouse, what WCAG 2.2 asks of anything (2.5.8).
    private const double LeastTouchTarget = 40;
    private const double LeastTarget = 24;
    private const float TimeoutMs = 10_000;

    private readonly IBrowserContext _context;
    private readonly Screen _screen;
    private readonly List<string> _complaints = [];
    private IResponse? _document;

    internal Visit(IBrowserContext context, IPage page, Screen screen)
    {
        (_context, Page, _screen) = (context, page, screen);
        page.SetDefaultTimeout(TimeoutMs);
        page.Console += (_, message) =>
        {
            // An error page's own status is no complaint; it is asserted.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource: the server responded"))
            {
                _complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => _complaints.Add(error);
        page.RequestFailed += (_, request) => _complaints.Add($"{request.Url}: {request.Failure}");
        page.Response += (_, response) =>
        {
            if (response.Request.IsNavigationRequest && response.Frame == page.MainFrame)
            {
                Addresses.Add(new Uri(response.Url));
                _document = response;
            }
            else if (!response.Ok)
            {
                _complaints.Add($"{response.Url}: {response.Status}");
            }
        };
    }

    public IPage Page { get; }

    /// <summary>Every address that the tab was at, redirects too.</summary>
    public List<Uri> Addresses { get; } = [];

    public Task OpenAsync(Uri address) => Page.GotoAsync(address.AbsoluteUri);

    /// <summary>By its role and name, as a screen reader finds it.</summary>
    public Task PressAsync(string button) => Page.GetByRole(AriaRole.Button, new() { Name = button }).ClickAsync();

    /// <summary>What holds for every page of ours, and a picture of it under artifacts/screenshots.</summary>
    public async Task AssertSoundAsync(string headline, int status = 200)
    {
        await Assertions.Expect(Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(headline);
        await Page.ScreenshotAsync(new() { Path = PictureOf(headline), FullPage = true });
        Assert.Equal(status, _document!.Status);
        Assert.Equal("en", await Page.EvaluateAsync<string>("document.documentElement.lang"));
        Assert.NotEmpty(await Page.TitleAsync());
        Assert.Empty(_complaints);
        var overflow = await Page.EvaluateAsync<int>(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        );
        Assert.True(overflow <= 0, $"'{headline}' is {overflow} pixels too wide.");
        Assert.DoesNotMatch(Nameless(), await Page.Locator("body").AriaSnapshotAsync());
        var heights = await Page.GetByRole(AriaRole.Button)
            .EvaluateAllAsync<double[]>("buttons => buttons.map(button => button.getBoundingClientRect().height)");
        var least = _screen == Screen.Phone ? LeastTouchTarget : LeastTarget;
        Assert.All(
            heights,
            height => Assert.True(height >= least, $"A button of '{headline}' is {height} pixels high.")
        );
    }

    /// <summary>Security 17: no script, no frame, nothing from elsewhere, not kept, no address told on.</summary>
    public async Task AssertGuardedAsync()
    {
        var headers = await _document!.AllHeadersAsync();
        Assert.StartsWith(
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
            headers["content-security-policy"]
        );
        Assert.Equal(
            ("no-store", "no-referrer", "DENY", "nosniff"),
            (
                headers["cache-control"],
                headers["referrer-policy"],
                headers["x-frame-options"],
                headers["x-content-type-options"]
            )
        );
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    private string PictureOf(string headline)
    {
        var name = $"{TestContext.Current.TestMethod!.MethodName}-{NotAWord().Replace(headline, "-")}-{_screen}";
        return Repository.PathOf(Path.Combine("artifacts", "screenshots", $"{name.ToLowerInvariant()}.png"));
    }

    [GeneratedRegex(@"- (button|link|radio|checkbox|combobox|textbox)(?! "")", RegexOptions.None)]
    private static partial Regex Nameless();

    [GeneratedRegex("[^A-Za-z0-9]+")]
    private static partial Regex NotAWord();
}
