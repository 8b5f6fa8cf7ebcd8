using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Partner.Relay.Tests;

/// <summary>A request as it reached the gateway.</summary>
internal sealed record RelayedRequest(
    string Method,
    string Target,
    string Protocol,
    Dictionary<string, string> Headers,
    byte[] Body
)
{
    public string? Key => Headers.GetValueOrDefault("DD-API-KEY");
}

/// <summary>A server in the gateway's place, which writes down what comes.</summary>
internal sealed class GatewayStandIn : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GatewayStandIn(WebApplication app) => _app = app;

    /// <summary>By its name where it has a certificate, for that is what this says.</summary>
    public string Url => _app.Urls.First().Replace("https://127.0.0.1", "https://localhost", StringComparison.Ordinal);

    public ConcurrentQueue<RelayedRequest> Requests { get; } = [];

    public RelayedRequest Only => Assert.Single(Requests);

    /// <summary>What to do instead of answering 202.</summary>
    public Func<HttpContext, Task>? Behaviour { get; set; }

    /// <param name="certificate">Null: without TLS.</param>
    public static async Task<GatewayStandIn> StartAsync(
        X509Certificate2? certificate = null,
        HttpProtocols protocols = HttpProtocols.Http1AndHttp2,
        int port = 0
    )
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.Listen(
                System.Net.IPAddress.Loopback,
                port,
                endpoint =>
                {
                    endpoint.Protocols = protocols;
                    if (certificate is not null)
                    {
                        endpoint.UseHttps(certificate);
                    }
                }
            );
        });
        var app = builder.Build();
        var gateway = new GatewayStandIn(app);
        app.Run(gateway.AnswerAsync);
        await app.StartAsync();
        return gateway;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        if (Behaviour is { } behaviour)
        {
            await behaviour(context);
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Requests.Enqueue(
            new RelayedRequest(
                context.Request.Method,
                context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
                context.Request.Protocol,
                context.Request.Headers.ToDictionary(
                    h => h.Key,
                    h => h.Value.ToString(),
                    StringComparer.OrdinalIgnoreCase
                ),
                body.ToArray()
            )
        );
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        await context.Response.WriteAsync("{}");
    }
}
