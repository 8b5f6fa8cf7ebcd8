using Microsoft.AspNetCore.Http.HttpResults;

namespace Partner.Auth.Connect;

/// <summary>The files that the pages ask for, from our own origin.</summary>
internal static class PageAssets
{
    public const string StylePath = "/connect/style.css";
    public const string LogoPath = "/connect/logo";

    // Contrast of text and of the focus ring against their background: at least 4.5 and 3 to 1 (WCAG 2.2 1.4.3,
    // 1.4.11), light and dark.
    private const string Style = """
        :root { color-scheme: light dark; --text: #1b1b1f; --back: #fff; --link: #5b21a6; --ring: #1d4ed8; }
        @media (prefers-color-scheme: dark) { :root { --text: #ececf1; --back: #17171b; --link: #c4b5fd; --ring: #93c5fd; } }
        body { margin: 0; font: 1.0625rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
        header, main { max-width: 34rem; margin: 0 auto; padding: 1.25rem 1.25rem 0; overflow-wrap: anywhere; }
        header p { margin: 0; font-weight: 600; }
        header img { max-width: 100%; height: 2.5rem; width: auto; }
        main { padding-bottom: 2rem; }
        h1 { font-size: 1.5rem; line-height: 1.25; }
        a { color: var(--link); }
        fieldset { border: 0; margin: 1.5rem 0; padding: 0; }
        legend { padding: 0; font-weight: 600; }
        label { display: block; padding: .5rem 0; }
        button { font: inherit; font-weight: 600; width: 100%; padding: .85rem; border: 0; border-radius: .5rem; background: #632ca6; color: #fff; }
        button:focus-visible, input:focus-visible, a:focus-visible { outline: 3px solid var(--ring); outline-offset: 3px; }
        """;

    // Asked for with each page, which has been counted.
    public static void MapPageAssets(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(StylePath, () => TypedResults.Text(Style, "text/css; charset=utf-8")).DisableRateLimiting();
        routes.MapGet(LogoPath, Logo).DisableRateLimiting();
    }

    // An SVG file is a document of its own where a browser opens it directly: there it may do nothing.
    private static Results<FileContentHttpResult, NotFound> Logo(HttpResponse response, Brand brand)
    {
        response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        response.Headers.XContentTypeOptions = "nosniff";
        return brand.Logo is var (bytes, type) ? TypedResults.File(bytes, type) : TypedResults.NotFound();
    }
}
