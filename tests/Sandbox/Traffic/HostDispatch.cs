using Microsoft.AspNetCore.Connections.Features;

namespace Partner.Sandbox.Traffic;

/// <summary>
/// Decides by the Host header which Datadog host is asked. The TLS port serves Datadog's names and nothing else; the
/// pages port serves an app host as {app host}.localhost, and the sandbox's own pages on any other name.
/// </summary>
internal static class HostDispatch
{
    private const string PageSuffix = ".localhost";

    public static Task RunAsync(HttpContext context, RequestDelegate next)
    {
        var name = context.Request.Host.Host;
        var exchange = context.Exchange();
        return context.Features.Get<ITlsHandshakeFeature>() is { } tls
            ? OverTls(context, next, exchange, name, tls.HostName)
            : OverPlainHttp(context, next, exchange, name);
    }

    private static Task OverTls(HttpContext context, RequestDelegate next, Exchange exchange, string name, string? sni)
    {
        exchange.Host = SiteTable.FindHost(sni);
        return name.Equals(sni, StringComparison.OrdinalIgnoreCase)
            ? next(context)
            : Answer.Errors(421, "Misdirected Request", Fact.WrongHost).ExecuteAsync(context);
    }

    private static Task OverPlainHttp(HttpContext context, RequestDelegate next, Exchange exchange, string name)
    {
        if (SiteTable.FindHost(name) is { } bare)
        {
            exchange.Host = bare;
            return Answer.Errors(421, "Misdirected Request", Fact.TlsOnly).ExecuteAsync(context);
        }

        if (name.EndsWith(PageSuffix, StringComparison.OrdinalIgnoreCase))
        {
            var datadogName = name[..^PageSuffix.Length];
            exchange.Host = SiteTable.FindHost(datadogName) ?? SiteTable.FindCustomHost(datadogName);
        }

        return exchange.Host is null || exchange.Host.Products.HasFlag(Product.App)
            ? next(context)
            : Answer.Errors(421, "Misdirected Request", Fact.TlsOnly).ExecuteAsync(context);
    }
}
