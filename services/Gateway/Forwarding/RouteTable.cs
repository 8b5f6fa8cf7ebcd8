using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using Partner.Gateway.Browser;
using Partner.Gateway.Ingest;
using Partner.Gateway.Limits;
using Partner.Gateway.PartnerApi;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Partner.Gateway.Forwarding;

/// <summary>All that the gateway forwards. One prefix per service: a service knows its own paths.</summary>
internal sealed class RouteTable(
    IOptions<SendersOptions> senders,
    IOptions<IngestOptions> ingest,
    IOptions<ForwardingOptions> options
)
{
    private const string Auth = "auth";
    private const string SiteRouter = "site-router";
    private static readonly string[] PageMethods = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Post];

    public IReadOnlyList<GatewayRoute> All { get; } =
    [
        .. from sender in senders.Value
        from route in sender.Value.Routes
        where !route.Reads || ingest.Value.IncidentReads
        select Intake(route.Reads ? SiteRouter : sender.Key, route),
        .. from sender in senders.Value
        from route in sender.Value.Routes
        where route.GrpcPath is not null
        select Grpc(sender.Key, route),
        .. senders.Value.Keys.Select(sender =>
            Ours($"/partner/v1/senders/{sender}/{{**rest}}", sender, PartnerFeature.MethodPolicy)
        ),
        Ours("/partner/v1/{**rest}", Auth, PartnerFeature.MethodPolicy),
        Ours("/partner/v1/connections/{connection}/datadog/{**path}", SiteRouter, PartnerFeature.AnyMethodPolicy),
        Page("/connect/{**rest}"),
        Page("/oauth/callback"),
    ];

    public InMemoryConfigProvider ToProxyConfig() =>
        new(
            [.. All.Select(route => route.Config)],
            [.. All.Select(route => route.Config.ClusterId!).Distinct().Select(Cluster)]
        );

    private static GatewayRoute Intake(string sender, IngestRoute route) =>
        new(
            new RouteConfig
            {
                RouteId = $"{sender} {string.Join('/', route.Methods)} {route.Path}",
                ClusterId = sender,
                Match = new() { Path = route.Path, Methods = route.Methods },
                AuthorizationPolicy = IngestKeyHandler.Name,
                CorsPolicy = route.ClientTokens ? BrowserCors.Policy : null,
                MaxRequestBodySize = route.MaxBytes,
            },
            route,
            new ErrorShapeMetadata(route.Errors),
            new EnableRateLimitingAttribute(route.ClientTokens ? RequestLimits.BrowserLogs : RequestLimits.Ingest)
        );

    // GrpcRequests makes a request of the other path of it.
    private static GatewayRoute Grpc(string sender, IngestRoute route)
    {
        var over = Intake(sender, route);
        return over with
        {
            Config = over.Config with
            {
                RouteId = $"{sender} gRPC {route.GrpcPath}",
                Match = new() { Path = route.GrpcPath, Methods = [HttpMethods.Post] },
                MaxRequestBodySize = null,
                Transforms = [new Dictionary<string, string> { ["PathSet"] = route.Path }],
            },
        };
    }

    // Auth finds out who a visitor is; the gateway only counts how often one address comes.
    private static GatewayRoute Page(string path) =>
        Ours(path, Auth, "anonymous", PageMethods, new EnableRateLimitingAttribute(RequestLimits.Pages));

    private static GatewayRoute Ours(
        string path,
        string service,
        string policy,
        string[]? methods = null,
        params object[] metadata
    ) =>
        new(
            new RouteConfig
            {
                RouteId = path,
                ClusterId = service,
                Match = new() { Path = path, Methods = methods },
                AuthorizationPolicy = policy,
            },
            metadata
        );

    private ClusterConfig Cluster(string service) =>
        new()
        {
            ClusterId = service,
            Destinations = new Dictionary<string, DestinationConfig>
            {
                [service] = new() { Address = $"http://{service}" },
            },
            // Bytes as they came, as PublicServer reads and writes them.
            HttpClient = new HttpClientConfig { RequestHeaderEncoding = "latin1", ResponseHeaderEncoding = "latin1" },
            HttpRequest = new ForwarderRequestConfig
            {
                ActivityTimeout = options.Value.ActivityTimeout,
                Version = new Version(1, 1),
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            },
        };
}

/// <param name="Metadata">What YARP has no place for; on the route's endpoint.</param>
internal sealed record GatewayRoute(RouteConfig Config, params object[] Metadata);
