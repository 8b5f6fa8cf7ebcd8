using System.Text.Encodings.Web;

namespace Partner.Auth.Connect;

/// <summary>A page for people: HTML without script, style from our own origin, headers of security 17.</summary>
internal sealed class Page(string title, string body, int status = 200, bool hasForm = false) : IResult
{
    public const string StylePath = "/connect/style.css";

    public const string Style = """
        :root { color-scheme: light dark; }
        body { margin: 0; font: 1.0625rem/1.5 system-ui, sans-serif; }
        main { max-width: 34rem; margin: 0 auto; padding: 2rem 1.25rem; }
        h1 { font-size: 1.5rem; line-height: 1.25; }
        fieldset { border: 0; margin: 1.5rem 0; padding: 0; }
        legend { padding: 0; font-weight: 600; }
        label { display: block; padding: .5rem 0; }
        button { font: inherit; font-weight: 600; width: 100%; padding: .85rem; border: 0; border-radius: .5rem; background: #632ca6; color: #fff; }
        button:focus-visible, input:focus-visible, a:focus-visible { outline: 3px solid #f5a623; outline-offset: 2px; }
        """;

    public static string Encode(string text) => HtmlEncoder.Default.Encode(text);

    public static Page Of(Failure failure, int status) => new(
        failure.Title, $"<h1>{Encode(failure.Title)}</h1><p>{Encode(failure.What)}</p><p>{Encode(failure.Next)}</p>",
        status);

    public static void SetHeaders(HttpResponse response, bool hasForm = false)
    {
        // With a form, form-action is left out: browsers apply it to the redirect that follows as well, and the list of
        // Datadog's hosts does not belong here. Nothing on the page is unencoded.
        response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'" + (hasForm ? ""
                : "; form-action 'none'");
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.CacheControl = "no-store";
        response.Headers.XFrameOptions = "DENY";
        response.Headers.XContentTypeOptions = "nosniff";
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        SetHeaders(httpContext.Response, hasForm);
        httpContext.Response.StatusCode = status;
        httpContext.Response.ContentType = "text/html; charset=utf-8";
        return httpContext.Response.WriteAsync($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Encode(title)}</title>
            <link rel="stylesheet" href="{StylePath}">
            </head>
            <body><main>{body}</main></body>
            </html>
            """, httpContext.RequestAborted);
    }
}
