using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Partner.Egress;

/// <summary>The sites as data and the one way out to them.</summary>
public static class EgressBuilder
{
    /// <summary>
    /// Adds the registry, <see cref="AuthorizeUrls"/> and the guard; options from the section <c>Egress</c>.
    /// </summary>
    public static IHostApplicationBuilder AddEgress(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<EgressOptions>().BindConfiguration(EgressOptions.SectionName).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<EgressOptions>, EgressOptionsRules>();
        builder.Services.AddSingleton(services =>
        {
            var options = services.GetRequiredService<IOptions<EgressOptions>>().Value;
            var file = SitesFile.Read(options.PathIn(services.GetRequiredService<IHostEnvironment>()));
            return new SiteRegistry(file.ToSites(options.OtlpPlatform).In(options.Realm));
        });
        builder.Services.AddSingleton(services => new AuthorizeUrls(
            services.GetRequiredService<IOptions<EgressOptions>>().Value.Sandbox.Pages
        ));
        builder.Services.AddMetrics();
        builder.Services.AddSingleton<EgressDenials>();
        builder.Services.AddSingleton<Resolve>(Dns.GetHostAddressesAsync);
        builder.Services.AddSingleton<Dial>(Sockets.DialAsync);
        builder.Services.AddSingleton<CheckedDial>();
        builder.Services.AddSingleton<GuardedConnector>();
        builder.Services.AddSingleton<DatadogTransport>();
        builder.Services.AddSingleton(services => new PublicUrls(
            services.GetRequiredService<IOptions<EgressOptions>>(),
            services.GetRequiredService<IHostEnvironment>()
        ));
        builder.Services.AddSingleton<EgressProxy>();
        builder.Services.AddSingleton<PublicTransport>();
        builder.Services.GuardUnnamedClients();
        return builder;
    }
}
