using Microsoft.Extensions.Options;
using Partner.Gateway.Ingest;
using Partner.Gateway.Limits;
using Partner.Gateway.PartnerApi;
using Partner.ServiceDefaults;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Partner.Gateway.Forwarding;

/// <summary>All that the gateway forwards. One prefix per service: a service knows its own paths.</summary>
internal sealed class RouteTable
{
    private const string Auth = "auth";
    private const string Router = "site-router";
    private const string DatadogApi = "/partner/v1/connections/{connection}/datadog/{**path}";
    private static readonly string[] PageMethods = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Post];

    private readonly Dictionary<string, DoorRoute> _routes;

    public RouteTable(IOptions<SendersOptions> senders, IngestDoor ingest, PartnerDoor partner, RequestLimits limits)
    {
        var intake =
            from sender in senders.Value
            from route in sender.Value.Routes
            select new DoorRoute(
                $"{sender.Key} {string.Join('/', route.Methods)} {route.Path}",
                route.Path,
                route.Methods,
                sender.Key,
                route.Errors,
                context => ingest.AdmitAsync(context, sender.Key, route)
            );
        var api = senders
            .Value.Keys.Select(sender => (Path: $"/partner/v1/senders/{sender}/{{**rest}}", Service: sender))
            .Append((Path: "/partner/v1/{**rest}", Service: Auth))
            .Select(r => new DoorRoute(
                r.Path,
                r.Path,
                null,
                r.Service,
                ErrorShape.Problem,
                context => partner.AdmitAsync(context, r.Service)
            ));
        var datadog = new DoorRoute(
            DatadogApi,
            DatadogApi,
            null,
            Router,
            ErrorShape.Problem,
            context => partner.AdmitAsync(context, Router, anyMethod: true)
        );
        var pages = new[] { "/connect/{**rest}", "/oauth/callback" }.Select(path => new DoorRoute(
            path,
            path,
            PageMethods,
            Auth,
            ErrorShape.Problem,
            context => ValueTask.FromResult(Visit(context, limits))
        ));
        _routes = intake.Concat(api).Append(datadog).Concat(pages).ToDictionary(route => route.Id);
    }

    public IEnumerable<DoorRoute> All => _routes.Values;

    public DoorRoute this[string id] => _routes[id];

    public InMemoryConfigProvider ToProxyConfig(TimeSpan timeout) =>
        new(
            [
                .. All.Select(route => new RouteConfig
                {
                    RouteId = route.Id,
                    ClusterId = route.Service,
                    Match = new() { Path = route.Path, Methods = route.Methods },
                }),
            ],
            [
                .. All.Select(route => route.Service)
                    .Distinct()
                    .Select(service => new ClusterConfig
                    {
                        ClusterId = service,
                        Destinations = new Dictionary<string, DestinationConfig>
                        {
                            [service] = new() { Address = $"http://{service}" },
                        },
                        // Bytes as they came, as PublicServer reads and writes them.
                        HttpClient = new HttpClientConfig
                        {
                            RequestHeaderEncoding = "latin1",
                            ResponseHeaderEncoding = "latin1",
                        },
                        HttpRequest = new ForwarderRequestConfig
                        {
                            ActivityTimeout = timeout,
                            Version = new Version(1, 1),
                            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                        },
                    }),
            ]
        );

    // Who the visitor is, auth finds out; here only how often one address comes.
    private static Entry Visit(HttpContext context, RequestLimits limits) =>
        limits.Person(context) is { } refusal ? refusal : new Passage(Auth, ServiceClaims.None, PassageKind.Page);
}
