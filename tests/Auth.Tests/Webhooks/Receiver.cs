using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Partner.Auth.Tests.Webhooks;

/// <summary>A message as it came in.</summary>
internal sealed record Message(string Id, long Timestamp, IReadOnlyList<string> Signatures, string Body)
{
    public JsonNode Json { get; } = JsonNode.Parse(Body)!;

    public string Type => Json["type"]!.GetValue<string>();

    public string? Tenant => Json["data"]!["tenant"]?.GetValue<string>();

    /// <summary>
    /// As https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md describes it, written
    /// anew here: nothing of the sender's code is asked.
    /// </summary>
    public bool IsSignedBy(string secret)
    {
        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
        using var hmac = new HMACSHA256(Convert.FromBase64String(secret.Split('_', 2)[1]));
        var expected = Convert.ToBase64String(
            hmac.ComputeHash(
                Encoding.UTF8.GetBytes(Id + "." + Timestamp.ToString(CultureInfo.InvariantCulture) + "." + Body)
            )
        );
        return Signatures.Contains("v1," + expected);
    }
}

/// <summary>A partner's backend on a real socket, which answers as a test wants.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Receiver(WebApplication app) => _app = app;

    public ConcurrentQueue<Message> Messages { get; } = [];

    /// <summary>Those it has taken.</summary>
    public ConcurrentQueue<Message> Taken { get; } = [];

    public Func<Message, HttpContext, Task<int>> Answer { get; set; } = (_, _) => Task.FromResult(204);

    public string Url => $"{_app.Urls.Single()}/hooks";

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new Receiver(app);
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var message = new Message(
            context.Request.Headers["webhook-id"].Single()!,
            long.Parse(context.Request.Headers["webhook-timestamp"].Single()!, CultureInfo.InvariantCulture),
            context.Request.Headers["webhook-signature"].Single()!.Split(' '),
            await reader.ReadToEndAsync()
        );
        Messages.Enqueue(message);
        context.Response.StatusCode = await Answer(message, context);
        if (context.Response.StatusCode < 300)
        {
            Taken.Enqueue(message);
        }
    }
}
