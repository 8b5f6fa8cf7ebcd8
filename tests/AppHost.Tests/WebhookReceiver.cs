using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Partner.AppHost.Tests;

/// <summary>A message as a partner's backend gets it.</summary>
internal sealed record WebhookMessage(string Path, string? Id, string? Timestamp, string? Signature, string Body)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    public JsonNode Json { get; } = JsonNode.Parse(Body)!;

    /// <summary>
    /// What a receiver has to check by https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    /// ("Verifying webhook authenticity"), written here anew: a timestamp of now, and one signature of the list that fits.
    /// </summary>
    public bool IsGenuine(string secret, DateTimeOffset now)
    {
        if (
            Id is null
            || !long.TryParse(Timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || (now - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() > Tolerance
        )
        {
            return false;
        }

        var key = Convert.FromBase64String(secret["whsec_".Length..]);
        var expected = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{Id}.{Timestamp}.{Body}"));
        return (Signature ?? "")
            .Split(' ')
            .Select(one => one.Split(',', 2))
            .Any(one =>
                one is ["v1", var signature]
                && CryptographicOperations.FixedTimeEquals(Convert.FromBase64String(signature), expected)
            );
    }
}

/// <summary>A partner's backend on loopback, which Auth calls in Development only (Egress, PublicUrls).</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebhookReceiver(WebApplication app) => _app = app;

    public ConcurrentQueue<WebhookMessage> Messages { get; } = [];

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new WebhookReceiver(app);
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    public string UrlOf(string path) => _app.Urls.Single() + path;

    public IReadOnlyList<WebhookMessage> At(string path, string tenant) =>
        [.. Messages.Where(m => m.Path == path && m.Json["data"]!["tenant"]!.GetValue<string>() == tenant)];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var headers = context.Request.Headers;
        Messages.Enqueue(
            new WebhookMessage(
                context.Request.Path,
                headers["webhook-id"],
                headers["webhook-timestamp"],
                headers["webhook-signature"],
                await reader.ReadToEndAsync()
            )
        );
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
