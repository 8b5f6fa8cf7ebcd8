using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace Partner.Relay;

/// <summary>One request to the gateway, streamed both ways. What it takes and what it refuses is the gateway's to say.</summary>
internal sealed class RelayForwarder(
    IHttpForwarder forwarder,
    GatewayClient gateway,
    RelayedHeaders headers,
    RelayLog log,
    IOptions<RelayOptions> options
)
{
    // With TLS the gateway chooses by ALPN; without, HTTP/2 is only where it has a port for it.
    private static readonly ForwarderRequestConfig Http = new()
    {
        Version = System.Net.HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    private static readonly ForwarderRequestConfig Grpc = new()
    {
        Version = System.Net.HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private readonly string _http = Prefix(options.Value.Gateway!);
    private readonly string _grpc = Prefix(options.Value.GrpcGateway ?? options.Value.Gateway!);

    public async Task RunAsync(HttpContext context)
    {
        // The other forms (RFC 9112 3.2) name a host, or none, and there is only ours.
        if (!RelayedHeaders.RawTarget(context).StartsWith('/'))
        {
            await RelayRefusal.BadRequest.WriteAsync(context);
            return;
        }

        var isGrpc = context.Connection.LocalPort == options.Value.GrpcPort;
        var error = await forwarder.SendAsync(
            context,
            isGrpc ? _grpc : _http,
            gateway.Invoker,
            isGrpc ? Grpc : Http,
            headers
        );
        var exception = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        if (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        var refusal = RelayRefusal.Of(error, exception);
        log.Tell(context.Response.StatusCode, refusal, exception);
        if (refusal is not null && !context.Response.HasStarted)
        {
            await refusal.WriteAsync(context);
        }
    }

    private static string Prefix(Uri address) => address.GetLeftPart(UriPartial.Authority);
}

internal static class RelayingFeature
{
    public static void AddRelaying(this WebApplicationBuilder builder)
    {
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton<GatewayClient>();
        builder.Services.AddSingleton<RelayedHeaders>();
        builder.Services.AddSingleton<RelayLog>();
        builder.Services.AddSingleton<RelayForwarder>();
    }

    public static void RunRelaying(this WebApplication app) =>
        app.Run(app.Services.GetRequiredService<RelayForwarder>().RunAsync);
}
