using System.Net;
using Microsoft.AspNetCore.Mvc;

namespace Partner.Demo;

/// <summary>The partner's own sign-in page, where the tile's onboarding leads. One customer, no password: a demo.</summary>
internal static class SignIn
{
    public static void MapSignIn(this WebApplication app)
    {
        app.MapGet("/", () => Results.Redirect("/sign-in"));
        app.MapGet("/sign-in", Show);
        app.MapPost("/sign-in", Continue).DisableAntiforgery();
    }

    private static IResult Show(ReturnTo returnTo, [FromQuery(Name = "return_to")] string? link)
    {
        if (link is not null && !returnTo.IsSigned(link))
        {
            return Results.BadRequest("This link does not come from the connect page.");
        }

        return Results.Content(Html(link), "text/html; charset=utf-8");
    }

    private static string Html(string? link) =>
        $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Sign in to Demo Partner</title>
            <style>
            body { font: 1.05rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 10vh auto; padding: 0 1rem; }
            button { font: inherit; padding: .6rem 1.2rem; }
            </style>
            </head>
            <body>
            <main>
            <h1>Demo Partner</h1>
            <p>You are about to connect <strong>{{WebUtility.HtmlEncode(
                FirstRun.TenantName
            )}}</strong> to its Datadog organization.</p>
            <form method="post" action="/sign-in">
            <input type="hidden" name="return_to" value="{{WebUtility.HtmlEncode(
                link
            )}}"><button>Sign in as {{WebUtility.HtmlEncode(FirstRun.TenantName)}}</button></form>
            </main>
            </body>
            </html>
            """;

    private static async Task<IResult> Continue(PartnerBackend backend, [FromForm(Name = "return_to")] string? link)
    {
        var tenant = await backend.CreateTenantAsync(FirstRun.ExternalId, FirstRun.TenantName);
        var session = await backend.CreateConnectSessionAsync(tenant, string.IsNullOrEmpty(link) ? null : link);
        return Results.Redirect(session.Url.AbsoluteUri);
    }
}
