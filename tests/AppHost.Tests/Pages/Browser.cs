using Microsoft.Playwright;

namespace Partner.AppHost.Tests.Pages;

/// <summary>Chromium as the machine has it; what of it would call home is switched off.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Programs =
    [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ];

    private static readonly string[] Arguments =
    [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _chromium;

    public async ValueTask InitializeAsync()
    {
        if (Array.Find(Programs, File.Exists) is not { } program)
        {
            return;
        }

        _playwright = await Playwright.CreateAsync();
        _chromium = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = Arguments });
    }

    /// <summary>A person with cookies of their own, at a phone or a desk.</summary>
    public async Task<Visit> VisitAsync(Screen screen)
    {
        Assert.SkipWhen(_chromium is null, $"No browser: none of {string.Join(", ", Programs)} is installed.");
        var (width, height) = screen == Screen.Phone ? (390, 844) : (1280, 800);
        var context = await _chromium!.NewContextAsync(
            new()
            {
                ViewportSize = new() { Width = width, Height = height },
                IsMobile = screen == Screen.Phone,
                HasTouch = screen == Screen.Phone,
            }
        );
        return new Visit(context, await context.NewPageAsync(), screen);
    }

    public async ValueTask DisposeAsync()
    {
        if (_chromium is not null)
        {
            await _chromium.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}

public enum Screen
{
    Phone,
    Desktop,
}
