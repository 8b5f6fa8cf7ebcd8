using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Partner.Testing;

/// <summary>A webhook's message as a partner's backend gets it.</summary>
public sealed record WebhookMessage(
    string Path,
    string Id,
    long Timestamp,
    IReadOnlyList<string> Signatures,
    string Body
)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    public JsonNode Json { get; } = JsonNode.Parse(Body)!;

    public string Type => Json["type"]!.GetValue<string>();

    public string? Tenant => Json["data"]!["tenant"]?.GetValue<string>();

    /// <summary>
    /// What a receiver has to check by https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    /// ("Verifying webhook authenticity"): a timestamp of now, and one signature of the list that fits.
    /// </summary>
    public bool IsGenuine(string secret, DateTimeOffset now) =>
        (now - DateTimeOffset.FromUnixTimeSeconds(Timestamp)).Duration() <= Tolerance && IsSignedBy(secret);

    /// <summary>By that page, written anew here: nothing of the sender's code is asked.</summary>
    public bool IsSignedBy(string secret)
    {
        if (!secret.StartsWith("whsec_", StringComparison.Ordinal))
        {
            throw new ArgumentException("A secret begins with whsec_.", nameof(secret));
        }

        var key = Convert.FromBase64String(secret["whsec_".Length..]);
        var signed = string.Create(CultureInfo.InvariantCulture, $"{Id}.{Timestamp}.{Body}");
        return Signatures.Contains(
            "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(signed)))
        );
    }
}

/// <summary>
/// A partner's backend on loopback, which Auth calls in Development only (Egress, PublicUrls), and which answers as a test
/// wants.
/// </summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebhookReceiver(WebApplication app) => _app = app;

    public ConcurrentQueue<WebhookMessage> Messages { get; } = [];

    /// <summary>Those it has answered with success.</summary>
    public ConcurrentQueue<WebhookMessage> Taken { get; } = [];

    public Func<WebhookMessage, HttpContext, Task<int>> Answer { get; set; } = (_, _) => Task.FromResult(204);

    public string Url => UrlOf("/hooks");

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        var app = builder.Build();
        var receiver = new WebhookReceiver(app);
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    public string UrlOf(string path) => _app.Urls.Single() + path;

    public IReadOnlyList<WebhookMessage> At(string path, string tenant) =>
        [.. Messages.Where(m => m.Path == path && m.Tenant == tenant)];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var headers = context.Request.Headers;
        var message = new WebhookMessage(
            context.Request.Path,
            headers["webhook-id"].Single()!,
            long.Parse(headers["webhook-timestamp"].Single()!, NumberStyles.None, CultureInfo.InvariantCulture),
            headers["webhook-signature"].Single()!.Split(' '),
            await reader.ReadToEndAsync()
        );
        Messages.Enqueue(message);
        context.Response.StatusCode = await Answer(message, context);
        if (context.Response.StatusCode < 300)
        {
            Taken.Enqueue(message);
        }
    }

    /// <summary>
    /// A host takes SIGTERM for itself, and the process would live on: the process is another's, and ends when it is told.
    /// </summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
