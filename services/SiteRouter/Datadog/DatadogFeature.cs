using System.Text;
using Microsoft.Extensions.Options;
using Partner.DatadogClient;
using Partner.Egress;

namespace Partner.SiteRouter.Datadog;

internal static class DatadogFeature
{
    // Its informational lines hold the URL and its query.
    private const string WriterOfUrls = "Yarp.ReverseProxy.Forwarder.HttpForwarder";

    /// <summary>Reads and edits of data in Datadog.</summary>
    public static IHostApplicationBuilder AddDatadogApi(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<IValidateOptions<SiteRouterOptions>, EndpointRules>();
        services.AddDatadogClient<PageClient>();
        services.AddDatadogInvoker();
        services.AddHttpForwarder();
        services.AddSingleton<AllowList>().AddSingleton<RateShare>().AddSingleton<GrantedCalls>();
        services.AddSingleton<DatadogForwarder>().AddSingleton<PagedRead>();
        services.PostConfigure<LoggerFilterOptions>(SilenceUrls);
        return builder;
    }

    /// <summary>A header's value is bytes, ours to pass on and not to read: a character for each, both ways.</summary>
    public static void PassHeaderBytes(this WebApplicationBuilder builder) =>
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        });

    // Last of the rules, and for each provider that has rules: no configuration of log levels brings them back.
    private static void SilenceUrls(LoggerFilterOptions options)
    {
        foreach (var provider in options.Rules.Select(rule => rule.ProviderName).Append(null).Distinct().ToArray())
        {
            options.Rules.Add(new(provider, WriterOfUrls, LogLevel.Warning, null));
        }
    }
}
