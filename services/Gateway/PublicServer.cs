using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Partner.Gateway.Forwarding;
using Partner.Gateway.Grpc;
using Partner.Gateway.Site;

namespace Partner.Gateway;

/// <summary>Kestrel's settings for a server that strangers talk to.</summary>
internal static class PublicServer
{
    // Their informational lines hold the query, and that of a callback holds the code (security 29).
    private static readonly string[] WritersOfUrls =
    [
        "Microsoft.AspNetCore.Hosting.Diagnostics",
        "Yarp.ReverseProxy.Forwarder.HttpForwarder",
    ];

    public static void AddPublicServer(this WebApplicationBuilder builder)
    {
        builder
            .Services.AddOptions<ForwardingOptions>()
            .BindConfiguration(ForwardingOptions.SectionName)
            .Validate(
                options => options.TrustedProxies.All(proxy => System.Net.IPNetwork.TryParse(proxy, out _)),
                "TrustedProxies are networks: 10.0.0.0/8, ::1/128."
            )
            .ValidateOnStart();
        // With ASPNETCORE_FORWARDEDHEADERS_ENABLED, which Aspire sets on what it publishes, the framework believes
        // X-Forwarded-For from any client. TrustedProxies alone decide that here.
        builder.Services.PostConfigure<ForwardedHeadersOptions>(all => all.ForwardedHeaders = ForwardedHeaders.None);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Without TLS nothing tells HTTP/2 from HTTP/1.1 at the start of a connection, so it has a port of its own;
            // with TLS any port has both (ALPN).
            var grpc = builder.Configuration.GetValue<int?>("Grpc:Port");
            kestrel.ConfigureEndpointDefaults(endpoint =>
            {
                if (grpc is not null && endpoint.IPEndPoint?.Port == grpc)
                {
                    endpoint.Protocols = HttpProtocols.Http2;
                }
            });
            kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
            kestrel.Limits.MaxRequestHeaderCount = 100;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            // Slow-loris: a body slower than this for 5 s is answered with 408 (faults F31).
            kestrel.Limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
            kestrel.Limits.MaxRequestBodySize = 16 * 1024 * 1024;
            // A header's value is bytes (RFC 9110 5.5), and not always UTF-8: a character for each, both ways, so that
            // every one that came goes on as it was. RouteTable says the same to the client that forwards.
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        });
        builder.Services.AddSingleton<DistributedContextPropagator>(
            new OwnTraces(DistributedContextPropagator.Current)
        );
        builder.Services.PostConfigure<LoggerFilterOptions>(SilenceUrls);
        // No service calls the gateway: a route names the scheme of its callers, and only that one is asked.
        builder.Services.PostConfigure<AuthenticationOptions>(all => all.DefaultScheme = null);
        builder.AddSite();
    }

    public static void UsePublicServer(this WebApplication app)
    {
        app.UseMiddleware<GrpcAnswers>();
        app.UseRequestLog();
        var proxies = app.Services.GetRequiredService<IOptions<ForwardingOptions>>().Value.TrustedProxies;
        if (proxies.Length > 0)
        {
            var options = new ForwardedHeadersOptions
            {
                ForwardedHeaders = ForwardedHeaders.XForwardedFor,
                ForwardLimit = null,
            };
            options.KnownProxies.Clear();
            options.KnownIPNetworks.Clear();
            Array.ForEach(proxies, proxy => options.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(proxy)));
            app.UseForwardedHeaders(options);
        }

        app.UseRequestRules();
        app.UseSite();
    }

    // Last of the rules, and for each provider that has rules: no configuration of log levels brings them back.
    private static void SilenceUrls(LoggerFilterOptions options)
    {
        foreach (var provider in options.Rules.Select(rule => rule.ProviderName).Append(null).Distinct().ToArray())
        {
            foreach (var writer in WritersOfUrls)
            {
                options.Rules.Add(new(provider, writer, LogLevel.Warning, null));
            }
        }
    }
}
