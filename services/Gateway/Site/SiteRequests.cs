using Partner.Gateway.Ingest;

namespace Partner.Gateway.Site;

/// <summary>
/// Of the partner's site a host names the product, as it does at Datadog: another's path is 404, and says which host has
/// it. It comes before the key is looked at, so that a client in the wrong place hears that, and not that its key is bad.
/// </summary>
internal sealed class SiteRequests(RequestDelegate next, SiteHosts hosts, SitePaths paths)
{
    public Task InvokeAsync(HttpContext context) => Check(context)?.WriteAsync(context) ?? next(context);

    private HttpRejection? Check(HttpContext context)
    {
        var name = NameOf(context.Request.Host);
        if (!hosts.IsUnder(name))
        {
            return null;
        }

        if (hosts.Find(name, isKeyed: context.Features.Get<UrlKeys>()?.InHost == true) is not { } host)
        {
            return hosts.Unknown;
        }

        var product = paths.ProductOf(context.GetEndpoint());
        // What is neither a product's nor our own is nowhere, and is told so as ever.
        if (host.Takes(product) || (product is null && !ErrorShapeMetadata.IsOurOwn(context.Request.Path)))
        {
            return null;
        }

        return HttpRejection.NotFound with
        {
            Text = $"{host.Name} does not take this path; {hosts.NameOf(product ?? SiteProduct.Api)} does.",
        };
    }

    // The last dot of an absolute name (RFC 3986 3.2.2) changes nothing.
    private static string NameOf(HostString host) => host.Host is [.. var name, '.'] ? name : host.Host;
}

internal static class SiteFeature
{
    public static void AddSite(this WebApplicationBuilder builder)
    {
        builder.Services.AddValidatedOptions<SiteOptions>(SiteOptions.SectionName);
        builder.Services.AddSingleton<SiteHosts>();
        builder.Services.AddSingleton<SitePaths>();
    }

    public static void UseSite(this WebApplication app)
    {
        if (app.Configuration[$"{SiteOptions.SectionName}:{nameof(SiteOptions.Domain)}"] is { Length: > 0 })
        {
            // It decides by the endpoint, before what else does (ServiceDefaults).
            app.UseRouting();
            app.UseMiddleware<SiteRequests>();
        }
    }
}
