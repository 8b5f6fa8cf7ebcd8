using Microsoft.Playwright;
using Partner.Testing;

namespace Partner.AppHost.Tests.Pages;

/// <summary>
/// The dashboard as a developer sees it. The pictures under artifacts/screenshots are those of the README
/// (docs/images), which are taken from there.
/// </summary>
public class DashboardPagesTests(WholeSystem system, Browser browser) : IClassFixture<Browser>
{
    // A busy machine draws its pages slowly.
    private const float TimeoutMs = 60_000;

    [Fact]
    public async Task ResourcesHaveNamesAddressesAndCommands()
    {
        await using var visit = await browser.VisitAsync(Screen.Desktop);
        var page = visit.Page;
        // So high that all resources are in the picture.
        await page.SetViewportSizeAsync(1280, 1400);
        await visit.OpenAsync(system.Dashboard.Page);
        foreach (
            var text in new[]
            {
                "gateway",
                "postgres",
                "cache",
                "demo-partner",
                "Gateway",
                "API docs",
                "Sandbox",
                "Start here",
            }
        )
        {
            await SeeAsync(page, text);
        }

        await PictureAsync(page, "dashboard-resources");
    }

    [Fact]
    public async Task ATraceShowsEachServiceAndTheOwnersOfSchemas()
    {
        // Its first delivery: the sender asks the router where to, and the vault for the key.
        var tenant = await system.ConnectAsync("pictured");
        var received = await system.Dashboard.SendAsync(system, tenant.Key.Key);
        var trace = received.TraceId;
        await Until.AnsweredAsync(
            () => system.Dashboard.SpansAsync($"traceId={trace}"),
            found =>
                found.Any(s =>
                    s.Kind == Span.Client && s.Attributes.GetValueOrDefault("server.address") == tenant.Site.LogsHost
                )
        );

        await using var visit = await browser.VisitAsync(Screen.Desktop);
        await visit.OpenAsync(new Uri(system.Dashboard.Page, $"traces/detail/{trace}"));
        foreach (var text in new[] { "gateway", "logs", "site-router", "auth", "auth-db", "vault", "vault-db" })
        {
            await SeeAsync(visit.Page, text);
        }

        await PictureAsync(visit.Page, "dashboard-trace");
        var statements = (await system.Dashboard.SpansAsync($"traceId={trace}"))
            .Where(s => s.Attributes.ContainsKey("db.system.name") || s.Attributes.ContainsKey("db.system"))
            .Select(s => (s.Service, Peer: s.Attributes.GetValueOrDefault("peer.service")))
            .Distinct();
        Assert.Superset(
            new HashSet<(string, string?)> { ("auth", "auth-db"), ("vault", "vault-db") },
            statements.ToHashSet()
        );
        Assert.All(statements, statement => Assert.Equal($"{statement.Service}-db", statement.Peer));
    }

    [Fact]
    public async Task MetricsOfSendingAreShown()
    {
        await using var visit = await browser.VisitAsync(Screen.Desktop);
        await visit.OpenAsync(
            new Uri(
                system.Dashboard.Page,
                "metrics/resource/logs?meter=Partner.Sending&instrument=partner.sending.delivery.latency&duration=5&view=Graph"
            )
        );
        await SeeAsync(visit.Page, "partner.sending.delivery.latency");
        await visit.Page.Locator(".js-plotly-plot").First.WaitForAsync(new() { Timeout = TimeoutMs });
        await PictureAsync(visit.Page, "dashboard-metrics");
    }

    private static async Task SeeAsync(IPage page, string text)
    {
        try
        {
            await page.GetByText(text)
                .Filter(new() { Visible = true })
                .First.WaitForAsync(new() { Timeout = TimeoutMs });
        }
        catch (TimeoutException)
        {
            await PictureAsync(page, $"dashboard-without-{text}");
            throw;
        }
    }

    private static Task PictureAsync(IPage page, string name) =>
        page.ScreenshotAsync(new() { Path = Repository.PathOf("artifacts", "screenshots", $"{name}.png") });
}
