using System.Text.Encodings.Web;
using Microsoft.Extensions.Options;

namespace Partner.Auth.Connect;

/// <summary>A page for people: HTML without script, style and logo from our own origin, headers of security 17.</summary>
/// <param name="body">HTML. <see cref="Brand.Placeholder"/> and <see cref="SignIn"/> in it are filled in.</param>
internal sealed class HtmlPage(string title, string body, int status = 200, bool hasForm = false) : IResult
{
    /// <summary>Stands for the address of the partner's sign-in page.</summary>
    public const string SignIn = "{sign-in}";

    public static string Encode(string text) => HtmlEncoder.Default.Encode(text);

    /// <summary>What happened, what to do, and a way on: no customer is left on a page that leads nowhere.</summary>
    public static HtmlPage Of(PageReason failure, int status) =>
        new(
            failure.Title,
            $"""
            <h1>{Encode(failure.Title)}</h1>
            <p>{Encode(failure.What)}</p>
            <p>{Encode(failure.Next)}</p>
            <p><a href="{SignIn}">Back to {Brand.Placeholder}</a></p>
            """,
            status
        );

    public static void SetHeaders(HttpResponse response, bool hasForm = false)
    {
        // With a form, form-action is left out: browsers apply it to the redirect that follows as well, and the list of
        // Datadog's hosts does not belong here. Nothing on the page is unencoded.
        response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; img-src 'self'"
            + (hasForm ? "" : "; form-action 'none'");
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.CacheControl = "no-store";
        response.Headers.XFrameOptions = "DENY";
        response.Headers.XContentTypeOptions = "nosniff";
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var brand = httpContext.RequestServices.GetRequiredService<Brand>();
        var options = httpContext.RequestServices.GetRequiredService<IOptions<AuthOptions>>().Value;
        var filled = body.Replace(Brand.Placeholder, Encode(brand.Say(Brand.Placeholder)), StringComparison.Ordinal)
            .Replace(SignIn, Encode(options.PartnerSignInUrl), StringComparison.Ordinal);
        SetHeaders(httpContext.Response, hasForm);
        httpContext.Response.StatusCode = status;
        httpContext.Response.ContentType = "text/html; charset=utf-8";
        return httpContext.Response.WriteAsync(
            $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Encode(brand.Name.Length > 0 ? $"{title} - {brand.Name}" : title)}</title>
            <link rel="stylesheet" href="{PageAssets.StylePath}">
            </head>
            <body>{Header(brand)}<main>{filled}</main></body>
            </html>
            """,
            httpContext.RequestAborted
        );
    }

    private static string Header(Brand brand) =>
        brand switch
        {
            { Logo: not null } =>
                $"""<header><img src="{PageAssets.LogoPath}" alt="{Encode(brand.Name)}" height="40"></header>""",
            { Name.Length: > 0 } => $"<header><p>{Encode(brand.Name)}</p></header>",
            _ => "",
        };
}
