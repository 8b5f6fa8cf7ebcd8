using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace Partner.Egress.Tests;

/// <summary>No service has a way to the outside that does not pass the guard.</summary>
[Trait("security", "25")]
public sealed class OneWayOutTests
{
    // What opens connections, or makes something that does. "*" is every method.
    private static readonly (string Type, string Method)[] WaysOut =
    [
        ("System.Net.Http.HttpClient", ".ctor"),
        ("System.Net.Http.HttpMessageInvoker", ".ctor"),
        ("System.Net.Http.SocketsHttpHandler", ".ctor"),
        ("System.Net.Http.HttpClientHandler", ".ctor"),
        ("System.Net.Http.WinHttpHandler", ".ctor"),
        ("System.Net.Http.IHttpClientFactory", "*"),
        ("System.Net.Http.HttpClientFactoryExtensions", "*"),
        ("System.Net.Http.IHttpMessageHandlerFactory", "*"),
        ("System.Net.Http.HttpMessageHandlerFactoryExtensions", "*"),
        ("System.Net.Sockets.Socket", ".ctor"),
        ("System.Net.Sockets.TcpClient", ".ctor"),
        ("System.Net.Sockets.UdpClient", ".ctor"),
        ("System.Net.WebSockets.ClientWebSocket", ".ctor"),
        ("System.Net.WebClient", ".ctor"),
        ("System.Net.WebRequest", "*"),
        ("System.Net.Mail.SmtpClient", ".ctor"),
        ("System.Net.Quic.QuicConnection", "*"),
        ("Microsoft.Extensions.DependencyInjection.HttpClientFactoryServiceCollectionExtensions", "*"),
        ("Microsoft.Extensions.DependencyInjection.HttpClientBuilderExtensions", "ConfigurePrimaryHttpMessageHandler"),
        ("Microsoft.Extensions.DependencyInjection.HttpClientBuilderExtensions", "ConfigureHttpMessageHandlerBuilder"),
        ("Microsoft.Extensions.DependencyInjection.HttpClientBuilderExtensions", "UseSocketsHttpHandler"),
        ("Microsoft.Extensions.DependencyInjection.ReverseProxyServiceCollectionExtensions", "AddReverseProxy"),
        ("Yarp.ReverseProxy.Forwarder.ForwarderHttpClientFactory", ".ctor"),
    ];

    // Egress is the way out; ServiceDefaults makes the clients of our own services. The gateway forwards to those and
    // has no token or key of Datadog's, nor has the relay, which runs beside a partner's service and calls the gateway.
    private static readonly string[] Allowed =
    [
        "Egress",
        "ServiceDefaults Microsoft.Extensions.DependencyInjection.HttpClientFactoryServiceCollectionExtensions",
        "ServiceDefaults Microsoft.Extensions.DependencyInjection.HttpClientBuilderExtensions",
        "Gateway Microsoft.Extensions.DependencyInjection.ReverseProxyServiceCollectionExtensions",
        "Relay System.Net.Http.HttpMessageInvoker",
        "Relay System.Net.Http.SocketsHttpHandler",
    ];

    // It calls what a partner names, with nothing of Datadog's in it, behind a guard of its own.
    private const string PartnersEndpoints = "WebhookClient";

    public static TheoryData<string> Services => [.. BuiltServices.WithEgress];

    [Fact]
    public void NoCodeMakesAConnectionOfItsOwn() =>
        Assert.Equal(
            [],
            from name in BuiltServices.Assemblies
            where !Allowed.Contains(name)
            from way in Found(BuiltServices.PathOf(name))
            where !Allowed.Contains($"{name} {way.Type}")
            select $"{name}: {way.Type}.{way.Method}"
        );

    [Fact]
    public void ServicesThatTalkToDatadogAreAmongThoseLookedAt() =>
        Assert.Superset(
            new HashSet<string>
            {
                "Auth",
                "SiteRouter",
                "Logs",
                "Metrics",
                "Events",
                "ServiceChecks",
                "Traces",
                "Incidents",
            },
            BuiltServices.WithEgress.ToHashSet()
        );

    [Theory]
    [MemberData(nameof(Services))]
    public void EveryClientHasTheGuardOrGoesToAServiceOfOurs(string service)
    {
        using var host = BuiltServices.BuildHost(service);
        Assert.Equal([], Unguarded(host.Services));
    }

    [Fact]
    public void AClientWithoutTheGuardIsFound()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.AddEgress();
        builder.Services.AddDatadogClient<Guarded>();
        builder.Services.AddHttpClient<Typed>();
        builder.Services.AddHttpClient("named", client => client.Timeout = TimeSpan.FromSeconds(1));
        // A second registration takes the guard out again.
        builder.Services.AddHttpClient(nameof(Undone));
        builder.Services.AddDatadogClient<Undone>().ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler());
        using var host = builder.Build();
        Assert.Equal([nameof(Typed), nameof(Undone), "named"], Unguarded(host.Services));
    }

    [Fact]
    public void CodeThatMakesAConnectionIsFound() =>
        Assert.Superset(
            new HashSet<(string, string)>
            {
                ("System.Net.Http.SocketsHttpHandler", ".ctor"),
                ("System.Net.Http.HttpMessageInvoker", ".ctor"),
                (
                    "Microsoft.Extensions.DependencyInjection.HttpClientFactoryServiceCollectionExtensions",
                    "AddHttpClient"
                ),
            },
            Found(typeof(OneWayOutTests).Assembly.Location).ToHashSet()
        );

    [Fact]
    public async Task AClientThatNobodyRegisteredIsGuarded()
    {
        using var host = new EgressHost();
        foreach (var client in new[] { host.Get<HttpClient>(), host.Get<IHttpClientFactory>().CreateClient() })
        {
            await Assert.ThrowsAsync<EgressRefusedException>(() => client.GetAsync("https://evil.tld/"));
        }

        Assert.Empty(host.Asked);
    }

    [Fact]
    public async Task TheForwardersWayOutIsGuarded()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.AddEgress();
        builder.Services.AddDatadogInvoker();
        using var host = builder.Build();
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://evil.tld/");
        await Assert.ThrowsAsync<EgressRefusedException>(() =>
            host.Services.GetRequiredService<DatadogInvoker>().Invoker.SendAsync(request, default)
        );
    }

    private static IEnumerable<(string Type, string Method)> Found(string path) =>
        BuiltServices
            .Calls(path)
            .Where(call =>
                WaysOut.Any(way => way.Type == call.Type && (way.Method == "*" || way.Method == call.Method))
            )
            .Distinct();

    private static IEnumerable<string> Unguarded(IServiceProvider services)
    {
        var names = services
            .GetServices<IConfigureOptions<HttpClientFactoryOptions>>()
            .OfType<ConfigureNamedOptions<HttpClientFactoryOptions>>()
            .Select(configure => configure.Name)
            .OfType<string>()
            .Concat(TypedClients(services))
            .Append(Options.DefaultName)
            .Distinct();
        return names.Where(name => !IsGuarded(services, name)).Order(StringComparer.Ordinal);
    }

    // A typed client that nothing was configured for stands in the factory's own table alone.
    private static IEnumerable<string> TypedClients(IServiceProvider services)
    {
        var table = typeof(IHttpClientFactory).Assembly.GetType(
            "Microsoft.Extensions.DependencyInjection.HttpClientMappingRegistry",
            true
        )!;
        return (
            (Dictionary<string, Type>)
                table.GetProperty("NamedClientRegistrations")!.GetValue(services.GetRequiredService(table))!
        ).Keys;
    }

    private static bool IsGuarded(IServiceProvider services, string name)
    {
        var chain = ChainOf(services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(name));
        if (chain.Contains("Partner.ServiceDefaults.ServiceClients+TokenHandler"))
        {
            using var client = services.GetRequiredService<IHttpClientFactory>().CreateClient(name);
            return client.BaseAddress is { Host: var host } && !host.Contains('.', StringComparison.Ordinal);
        }

        // Nothing between it and the socket.
        var guard =
            name == PartnersEndpoints
                ? "Partner.Egress.PublicTransport+Guard"
                : "Partner.Egress.DatadogTransport+Guard";
        return chain is [.., var last, "System.Net.Http.SocketsHttpHandler"] && last == guard;
    }

    private static List<string> ChainOf(HttpMessageHandler handler)
    {
        var chain = new List<string>();
        for (var next = handler; next is not null; next = (next as DelegatingHandler)?.InnerHandler)
        {
            chain.Add(next.GetType().FullName!);
        }

        return chain;
    }

    // What a planted call looks like.
    internal static HttpMessageInvoker Planted() => new(new SocketsHttpHandler());

    private sealed record Guarded(HttpClient Http);

    private sealed record Typed(HttpClient Http);

    private sealed record Undone(HttpClient Http);
}
