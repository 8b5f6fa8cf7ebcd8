using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Partner.ServiceDefaults;
using Partner.Testing;

namespace Partner.Gateway.Tests;

/// <summary>A request as it reached a service behind the gateway.</summary>
internal sealed record Received(
    string Method,
    string Path,
    string Query,
    Dictionary<string, string> Headers,
    byte[] Body,
    ServiceCaller Caller
);

internal sealed record GatewayIdentity(ServiceIdentity Identity, TimeProvider Time);

/// <summary>A service behind the gateway, with the real verification of service tokens.</summary>
internal sealed class FakeService : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeService(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    public ConcurrentQueue<Received> Requests { get; } = [];

    /// <summary>What to do instead of reading the body and answering 202.</summary>
    public Func<HttpContext, Task>? Behaviour { get; set; }

    public Received Last => Requests.Last();

    public static async Task<FakeService> StartAsync(
        string name,
        GatewayIdentity gateway,
        string[] permissions,
        Action<WebApplication, FakeService> map
    )
    {
        using var self = new ServiceIdentity(name);
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(self.AsSelf());
        builder.Configuration.AddInMemoryCollection(gateway.Identity.AsCaller(permissions));
        builder.AddServiceDefaults();
        builder.Services.AddSingleton(gateway.Time);
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            // A character for each byte, so that tests see the bytes.
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        });
        var app = builder.Build();
        var service = new FakeService(app);
        app.UseServiceDefaults();
        map(app, service);
        await app.StartAsync();
        return service;
    }

    public static Task<FakeService> StartLogsAsync(GatewayIdentity gateway) =>
        StartAsync(
            "logs",
            gateway,
            ["append", "partner"],
            (app, service) =>
            {
                app.MapPost("/api/v2/logs", service.RecordAsync).RequireCaller("append");
                app.MapPost("/browser/api/v2/logs", service.RecordAsync).RequireCaller("append");
                app.MapPost("/v1/input", service.RecordAsync).RequireCaller("append");
                app.MapPost("/v1/logs", service.RecordAsync).RequireCaller("append");
                app.Map("/partner/v1/senders/logs/{**rest}", service.RecordAsync).RequireCaller("partner");
            }
        );

    public static Task<FakeService> StartRouterAsync(GatewayIdentity gateway) =>
        StartAsync(
            "site-router",
            gateway,
            ["partner", "reads"],
            (app, service) =>
            {
                app.Map("/partner/v1/connections/{connection}/datadog/{**path}", service.RecordAsync)
                    .RequireCaller("partner");
                app.Map("/api/v2/incidents/{**path}", service.RecordAsync).RequireCaller("reads");
            }
        );

    public async Task RecordAsync(HttpContext context)
    {
        if (Behaviour is { } behaviour)
        {
            await behaviour(context);
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var request = context.Request;
        Requests.Enqueue(
            new Received(
                request.Method,
                request.Path.Value!,
                request.QueryString.Value ?? "",
                request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                body.ToArray(),
                context.Caller()
            )
        );
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        await context.Response.WriteAsync("{}");
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
