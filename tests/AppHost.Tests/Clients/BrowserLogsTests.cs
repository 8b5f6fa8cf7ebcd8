using System.Globalization;
using System.Text.Json.Nodes;
using Partner.AppHost.Tests.Pages;
using Partner.Demo;
using Partner.Testing;

namespace Partner.AppHost.Tests.Clients;

/// <summary>
/// Datadog's SDK for browsers in a page of another origin than the gateway's (<c>docs/clients.md</c>, Browser logs).
/// </summary>
public sealed class BrowserLogsTests(WholeSystem system, Browser browser) : IClassFixture<Browser>
{
    private const string Logs = "/api/v2/logs";
    private const string Rum = "/api/v2/rum";

    // More than the SDK keeps, which is 50 or 16 KiB: some go while the page is open, and the last when it goes.
    private const int Many = 51;

    [Theory]
    [InlineData("text")]
    [InlineData("function")]
    public async Task WhatAPageLogsArrivesWhenItIsLeft(string form)
    {
        var tenant = await system.ConnectAsync($"browser-{form}");
        await using var shop = await ShopPages.StartAsync(system.Gateway);
        var token = await TokenAsync(tenant, shop);
        var before = Now();
        await using var visit = await browser.VisitAsync(Screen.Desktop);
        var seen = new SeenByPage(visit.Page);
        var address = shop.Address("shop", token.Key, form);
        await OpenAsync(visit, address);

        await visit.Page.EvaluateAsync("DD_LOGS.logger.info('cart filled', { order: 7, price: { amount: 1.5 } })");
        await visit.Page.EvaluateAsync("DD_LOGS.logger.error('no stock', {}, new Error('boom'))");
        Assert.Empty(seen.SentTo(Logs));
        await visit.OpenAsync(shop.Left("shop"));

        var logs = (await ArrivedAsync(tenant, 2)).ToDictionary(log => Text(log, "message")!);
        AssertLog(logs["cart filled"], "info");
        AssertLog(logs["no stock"], "error");
        Assert.Equal((7, """{"amount":1.5}"""), (logs["cart filled"]["order"]!.GetValue<int>(), Json("price")));
        Assert.Equal(("Error", "boom", "handled"), (ErrorOf("kind"), ErrorOf("message"), ErrorOf("handling")));
        Assert.Empty(seen.Console);

        void AssertLog(JsonNode log, string status)
        {
            Assert.Equal(
                (status, "shop", "logger", "sdk_version:7.16.2,env:test,service:shop,version:1.2"),
                (Text(log, "status"), Text(log, "service"), Text(log, "origin"), Text(log, "ddtags"))
            );
            Assert.Equal(address.AbsoluteUri, Text(log["view"]!, "url"));
            Assert.Contains("Chrome/", Text(log["http"]!, "useragent"), StringComparison.Ordinal);
            Assert.InRange(log["date"]!.GetValue<long>(), before, Now());
        }

        string? ErrorOf(string member) => Text(logs["no stock"]["error"]!, member);
        string Json(string member) => logs["cart filled"][member]!.ToJsonString();
    }

    /// <summary>It stays open and sends by fetch, whose answer it may read; what the SDK says of itself is 202 as well.</summary>
    [Theory]
    [InlineData("text")]
    [InlineData("function")]
    public async Task APageThatIsOpenSeesThatItsLogsAreTaken(string form)
    {
        var tenant = await system.ConnectAsync($"browser-open-{form}");
        await using var shop = await ShopPages.StartAsync(system.Gateway);
        var token = await TokenAsync(tenant, shop);
        await using var visit = await browser.VisitAsync(Screen.Phone);
        var seen = new SeenByPage(visit.Page);
        await OpenAsync(visit, shop.Address("shop", token.Key, form));

        await LogAsync(visit, seen);
        await FreezeAsync(visit);

        var logs = await ArrivedAsync(tenant, Many);
        Assert.Equal(
            Enumerable.Range(0, Many).Select(i => $"log {i}"),
            logs.Select(log => Text(log, "message")!)
                .OrderBy(text => int.Parse(text[4..], CultureInfo.InvariantCulture))
        );
        await Until.AnsweredAsync(() => seen.SentTo(Rum), sent => sent.Count > 0);
        await OutcomesAsync(seen, Rum);
        await OutcomesAsync(seen, Logs);
        Assert.All(seen.OutcomesOf(Rum).Concat(seen.OutcomesOf(Logs)), outcome => Assert.Equal("202", outcome));
        Assert.Empty(seen.Console);
    }

    /// <summary>The page sees a failure without a status, and the SDK does not send again.</summary>
    [Fact]
    [Trait("security", "51")]
    public async Task APageOfAnOriginThatIsNotNamedSendsNothing()
    {
        var tenant = await system.ConnectAsync("browser-other");
        await using var shop = await ShopPages.StartAsync(system.Gateway);
        var token = await TokenAsync(tenant, shop);
        await using var visit = await browser.VisitAsync(Screen.Desktop);
        var seen = new SeenByPage(visit.Page);
        await OpenAsync(visit, shop.Address("other", token.Key, "text"));

        await LogAsync(visit, seen);
        Assert.All(seen.OutcomesOf(Logs), outcome => Assert.Contains(outcome, new[] { "403", "net::ERR_FAILED" }));
        await Until.AnsweredAsync(
            () => seen.Console,
            texts =>
                texts.Any(t => t.Contains("has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header"))
        );
        Assert.Equal("TypeError: Failed to fetch", await FetchAsync(visit, seen.SentTo(Logs)[0]));
        var fetched = seen.SentTo(Logs).Count;
        await FreezeAsync(visit);
        await Until.AnsweredAsync(() => seen.SentTo(Logs), sent => sent.Count > fetched);
        await OutcomesAsync(seen, Logs);
        Assert.DoesNotContain("202", seen.OutcomesOf(Logs));

        // What came before it would have arrived before it.
        await OpenAsync(visit, shop.Address("shop", token.Key, "text"));
        await visit.Page.EvaluateAsync("DD_LOGS.logger.info('of the right page')");
        await visit.OpenAsync(shop.Left("shop"));
        Assert.Equal("of the right page", Text(Assert.Single(await ArrivedAsync(tenant, 1)), "message"));
        Assert.Equal(1, (await system.Backend.DeliveriesAsync("logs", tenant.Connection.Id)).Accepted);
    }

    [Fact]
    public async Task APageWithARevokedTokenIsTold()
    {
        var tenant = await system.ConnectAsync("browser-revoked");
        await using var shop = await ShopPages.StartAsync(system.Gateway);
        var token = await TokenAsync(tenant, shop);
        await using var visit = await browser.VisitAsync(Screen.Desktop);
        var seen = new SeenByPage(visit.Page);
        await OpenAsync(visit, shop.Address("shop", token.Key, "text"));
        await LogAsync(visit, seen);
        await visit.OpenAsync(shop.Left("shop"));
        await ArrivedAsync(tenant, Many);

        await system.Backend.RevokeIngestKeyAsync(tenant.Connection.Id, token.Id);
        // A body that is no log: as long as the token lives it is refused for that.
        await Until.AnsweredAsync(() => FetchAsync(visit, seen.SentTo(Logs)[0], "?"), status => status == "403");
        await OpenAsync(visit, shop.Address("shop", token.Key, "text"));
        var after = new SeenByPage(visit.Page);
        await LogAsync(visit, after);

        Assert.All(after.OutcomesOf(Logs), outcome => Assert.Equal("403", outcome));
        Assert.All(
            after.Console,
            text =>
                Assert.Equal(
                    "error: Failed to load resource: the server responded with a status of 403 (Forbidden)",
                    text
                )
        );
        Assert.Equal(Many, (await system.Backend.DeliveriesAsync("logs", tenant.Connection.Id)).Accepted);
    }

    /// <summary>A request as the SDK makes it.</summary>
    /// <returns>What the page sees: a status, or an error.</returns>
    private static Task<string> FetchAsync(Visit visit, Uri address, string body = "{}") =>
        visit.Page.EvaluateAsync<string>(
            "([url, body]) => fetch(url, { method: 'POST', body, mode: 'cors' }).then(r => `${r.status}`, e => `${e}`)",
            new[] { address.AbsoluteUri, body }
        );

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private static string? Text(JsonNode item, string member) => item[member]?.GetValue<string>();

    private Task<IngestKey> TokenAsync(ConnectedTenant tenant, ShopPages shop) =>
        system.Backend.CreateClientTokenAsync(tenant.Connection.Id, shop.OriginOf("shop"));

    /// <summary>
    /// The SDK finds out its session first, and keeps what is logged meanwhile. A page that is left before has sent nothing.
    /// </summary>
    private static async Task OpenAsync(Visit visit, Uri address)
    {
        await visit.OpenAsync(address);
        await Until.TrueAsync(() => visit.Page.EvaluateAsync<bool>("DD_LOGS.getInternalContext() !== undefined"));
    }

    /// <summary>So many logs that the SDK sends some of them at once, and waits for what became of those.</summary>
    private static async Task LogAsync(Visit visit, SeenByPage seen)
    {
        await visit.Page.EvaluateAsync($"for (let i = 0; i < {Many}; i++) DD_LOGS.logger.info(`log ${{i}}`)");
        await Until.AnsweredAsync(() => seen.SentTo(Logs), sent => sent.Count > 0);
        await OutcomesAsync(seen, Logs);
    }

    private static Task OutcomesAsync(SeenByPage seen, string path) =>
        Until.AnsweredAsync(() => seen.OutcomesOf(path), outcomes => outcomes.Count == seen.SentTo(path).Count);

    /// <summary>
    /// What the browser tells a tab in the background: the SDK sends by beacon what it has, as when the page is left, and
    /// the page is still there to see what becomes of it.
    /// </summary>
    private static Task FreezeAsync(Visit visit) =>
        visit.Page.EvaluateAsync("document.dispatchEvent(new Event('freeze'))");

    private async Task<IReadOnlyList<JsonNode>> ArrivedAsync(ConnectedTenant tenant, int count)
    {
        var items = await Until.AnsweredAsync(
            () => system.Sandbox.ItemsAsync(tenant.Org.Id, "logs"),
            items => items.Count >= count
        );
        Assert.Equal(count, items.Count);
        return [.. items.Select(item => JsonNode.Parse(item)!)];
    }
}
