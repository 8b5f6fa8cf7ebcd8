using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Partner.Sandbox.Admin;
using Partner.Sandbox.Tls;

namespace Partner.Sandbox;

/// <summary>A Datadog of our own on loopback, as a process (Program) or inside a test.</summary>
public sealed class SandboxApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Authority _authority;

    private SandboxApp(WebApplication app, Authority authority, SandboxState state, Uri pages, IPEndPoint tls)
    {
        (_app, _authority) = (app, authority);
        (State, Pages, Tls) = (state, pages, tls);
    }

    /// <summary>The plain-HTTP base of people's pages and of /_sandbox.</summary>
    public Uri Pages { get; }

    /// <summary>Where every Datadog host is dialled.</summary>
    public IPEndPoint Tls { get; }

    /// <summary>The public part of the authority that a caller has to trust.</summary>
    public X509Certificate2 Authority => _authority.Public;

    public SandboxState State { get; }

    internal IReadOnlyList<Endpoint> Endpoints => _app.Services.GetRequiredService<EndpointDataSource>().Endpoints;

    public static Task<SandboxApp> StartAsync(
        SandboxOptions options,
        TimeProvider? clock = null,
        CancellationToken cancellationToken = default
    )
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        return StartAsync(builder, options, clock, cancellationToken);
    }

    internal static async Task<SandboxApp> StartAsync(
        WebApplicationBuilder builder,
        SandboxOptions options,
        TimeProvider? clock = null,
        CancellationToken cancellationToken = default
    )
    {
        var state = new SandboxState(options, clock ?? TimeProvider.System);
        var authority = new Authority();
        var handshakes = new Handshakes(authority, state.Journal);

        // Request logs would show codes and deprecated api_key parameters.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Error);
        builder.Services.AddSingleton(state);
        builder.Services.AddSingleton(authority);
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower));
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        });
        builder.Services.AddAdminApiDescription();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            var address = options.Address is { } text ? IPAddress.Parse(text) : null;
            Listen(kestrel, address, options.PagesPort, _ => { });
            Listen(
                kestrel,
                address,
                options.TlsPort,
                listen => listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = handshakes.ChooseAsync })
            );
        });

        var app = builder.Build();
        Surfaces.Map(app, state);
        await app.StartAsync(cancellationToken);
        var addresses = Addresses(app);
        return new SandboxApp(
            app,
            authority,
            state,
            new UriBuilder(Uri.UriSchemeHttp, "localhost", PortOf(Uri.UriSchemeHttp)).Uri,
            new IPEndPoint(IPAddress.Loopback, PortOf(Uri.UriSchemeHttps))
        );

        int PortOf(string scheme) => addresses.First(address => address.Scheme == scheme).Port;
    }

    public Task WaitForShutdownAsync() => _app.WaitForShutdownAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _authority.Dispose();
    }

    // A fixed port is taken on 127.0.0.1 and, where there is one, on ::1. A free one cannot be asked of both at once.
    private static void Listen(
        KestrelServerOptions kestrel,
        IPAddress? address,
        int port,
        Action<ListenOptions> configure
    )
    {
        if (address is not null || port == 0)
        {
            kestrel.Listen(address ?? IPAddress.Loopback, port, configure);
        }
        else
        {
            kestrel.ListenLocalhost(port, configure);
        }
    }

    private static List<Uri> Addresses(WebApplication app) =>
        [
            .. app
                .Services.GetRequiredService<IServer>()
                .Features.Get<IServerAddressesFeature>()!
                .Addresses.Select(address => new Uri(address)),
        ];
}
