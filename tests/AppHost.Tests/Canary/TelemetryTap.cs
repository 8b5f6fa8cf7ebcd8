using System.Collections.Concurrent;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Partner.Testing;

namespace Partner.AppHost.Tests.Canary;

/// <summary>
/// Receives what every service exports by OTLP, keeps its bytes for the search, and hands it on to the dashboard. Of
/// metrics, which are cumulative, the newest export says all.
/// </summary>
internal sealed class TelemetryTap : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _forward = new(new SocketsHttpHandler { UseProxy = false });
    private readonly Uri _dashboard;
    private readonly ConcurrentQueue<(string Where, byte[] Bytes)> _events = new();
    private readonly ConcurrentDictionary<string, byte[]> _metrics = new();
    private readonly ConcurrentDictionary<string, int> _exports = new();

    private TelemetryTap(Uri dashboard)
    {
        _dashboard = dashboard;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder
            .WebHost.UseUrls("http://127.0.0.1:0")
            .ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        _app = builder.Build();
        _app.MapPost("/{service}/v1/{signal}", ReceiveAsync);
    }

    public Uri Address => new(_app.Urls.Single());

    public static async Task<TelemetryTap> StartAsync(Uri dashboard)
    {
        var tap = new TelemetryTap(dashboard);
        await tap._app.StartAsync();
        return tap;
    }

    /// <summary>Said to each project itself: a test's AppHost has no dashboard to send to.</summary>
    public void ReceiveFrom(IDistributedApplicationTestingBuilder builder)
    {
        foreach (var project in builder.Resources.OfType<ProjectResource>().ToList())
        {
            builder
                .CreateResourceBuilder(project)
                .WithEnvironment("OTEL_EXPORTER_OTLP_ENDPOINT", new Uri(Address, project.Name).AbsoluteUri)
                .WithEnvironment("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
                .WithEnvironment("OTEL_SERVICE_NAME", project.Name)
                .WithEnvironment("OTEL_BLRP_SCHEDULE_DELAY", "1000")
                .WithEnvironment("OTEL_BSP_SCHEDULE_DELAY", "1000")
                .WithEnvironment("OTEL_METRIC_EXPORT_INTERVAL", "1000");
        }
    }

    /// <summary>Everything so far: where it came from, and the bytes.</summary>
    public IEnumerable<(string Where, byte[] Bytes)> Everything() =>
        _events.Concat(_metrics.Select(m => (m.Key, m.Value)));

    /// <summary>Waits until every service has exported its metrics twice more: then what happened before is here.</summary>
    public async Task CatchUpAsync()
    {
        var before = _exports.Where(service => service.Key != Planted.ControlProcess).ToDictionary();
        await Until.AnsweredAsync(() => _exports, now => before.All(service => now[service.Key] >= service.Value + 2));
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _forward.Dispose();
    }

    private async Task<IResult> ReceiveAsync(string service, string signal, HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var (where, bytes) = ($"{service} {signal}", body.ToArray());
        if (signal == "metrics")
        {
            _metrics[where] = bytes;
            _exports.AddOrUpdate(service, 1, (_, count) => count + 1);
        }
        else
        {
            _events.Enqueue((where, bytes));
        }

        using var content = new ByteArrayContent(bytes);
        content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        using var answer = await _forward.PostAsync(new Uri(_dashboard, $"v1/{signal}"), content);
        return Results.Bytes(Array.Empty<byte>(), "application/x-protobuf");
    }
}
