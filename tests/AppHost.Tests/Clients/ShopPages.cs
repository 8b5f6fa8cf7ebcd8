using System.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Partner.Testing;

namespace Partner.AppHost.Tests.Clients;

/// <summary>
/// A web site that sends browser logs: a page on loopback, of any name below <c>localhost</c>, which is its origin. The
/// SDK is the file of its package (<c>browser/package-lock.json</c>).
/// </summary>
internal sealed class ShopPages : IAsyncDisposable
{
    private const string Folder = "tests/AppHost.Tests/Clients/browser";

    private static readonly NpmFolder Packages = new(Folder, "browser-logs");

    // A browser would ask for an icon otherwise, and complain that there is none.
    private const string Empty = """<!doctype html><title>Left</title><link rel="icon" href="data:,">""";

    private readonly WebApplication _app;
    private readonly string _gateway;

    private ShopPages(WebApplication app, Uri gateway) =>
        (_app, _gateway) = (app, gateway.GetLeftPart(UriPartial.Authority));

    public static async Task<ShopPages> StartAsync(Uri gateway)
    {
        await Packages.InstallAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var shop = new ShopPages(app, gateway);
        app.MapGet("/shop", shop.Page);
        app.MapGet("/left", () => Results.Text(Empty, "text/html"));
        app.MapGet("/datadog-logs.js", () => Results.File(Sdk, "text/javascript"));
        await app.StartAsync();
        return shop;
    }

    /// <summary>As a browser writes it.</summary>
    public string OriginOf(string name) => $"http://{name}.localhost:{new Uri(_app.Urls.Single()).Port}";

    /// <param name="form">How it says where the SDK is to send: <c>text</c> or <c>function</c>.</param>
    public Uri Address(string name, string token, string form) =>
        new($"{OriginOf(name)}/shop?token={token}&gateway={HttpUtility.UrlEncode(_gateway)}&form={form}");

    /// <summary>Another page of the same origin, without the SDK.</summary>
    public Uri Left(string name) => new($"{OriginOf(name)}/left");

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static string Sdk =>
        Path.Combine(Packages.Path, "node_modules/@datadog/browser-logs/bundle/datadog-logs.js");

    // By its policy the page may reach the gateway and nothing else.
    private IResult Page(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src 'self' 'unsafe-inline'; img-src data:; connect-src {_gateway}";
        return Results.File(Repository.PathOf(Folder, "shop.html"), "text/html");
    }
}
