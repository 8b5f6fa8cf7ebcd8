using Partner.Egress;

namespace Partner.Auth.Connect;

/// <summary>Where people come: the tile's onboarding URL, the page that names the tenant, the way to Datadog.</summary>
internal static class ConnectApi
{
    private const int MaxSession = 100;

    public static void MapConnect(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").RequireCaller("people").RequireRateLimiting(RateLimits.People);
        group.MapGet("/connect", Enter);
        group.MapPost("/connect", Begin);
        group.MapGet("/oauth/callback", CallbackApi.Receive);
        group.MapGet("/connect/done", () => ConnectPages.Done());
        group.MapGet("/connect/failed", (string? reason) => HtmlPage.Of(PageReasons.Of(reason), 200));
        group.MapPageAssets();
    }

    /// <summary>A redirect with the pages' headers; 303 so that a browser asks for the next page with GET (security
    /// 18).</summary>
    public static IResult SeeOther(HttpResponse response, string location)
    {
        HtmlPage.SetHeaders(response, hasForm: true);
        response.Headers.Location = location;
        return TypedResults.StatusCode(StatusCodes.Status303SeeOther);
    }

    private static async Task<IResult> Enter(
        HttpContext context,
        SiteRegistry sites,
        TileStore tiles,
        ConnectSessionStore sessions,
        ReturnLinks links,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var query = context.Request.Query;
        var cookie = context.Request.Cookies[Cookies.Tile];
        if (query.ContainsKey("signature"))
        {
            if (links.EntryOf(query["entry"], query["expires"], query["signature"]) is not { } entry)
            {
                return HtmlPage.Of(PageReasons.Of(PageReasons.ReturnLink), 400);
            }

            context.Response.Set(Cookies.Tile, cookie = entry, TileStore.Life);
        }

        if (query.ContainsKey("session"))
        {
            return await ConfirmAsync(context, cookie, sites, tiles, sessions, time, cancellationToken);
        }

        return query.ContainsKey("domain") || query.ContainsKey("site")
            ? await FromTileAsync(context, sites, tiles, links, cancellationToken)
            : ConnectPages.Start(links.SignInUrl(query.ContainsKey("signature") ? cookie! : ReturnLinks.NoEntry));
    }

    private static async Task<IResult> FromTileAsync(
        HttpContext context,
        SiteRegistry sites,
        TileStore tiles,
        ReturnLinks links,
        CancellationToken cancellationToken
    )
    {
        if (!TileEntry.TryParse(sites, context.Request.Query["domain"], context.Request.Query["site"], out var entry))
        {
            return HtmlPage.Of(PageReasons.Of(PageReasons.UnknownSite), 400);
        }

        var handle = await tiles.AddAsync(entry, cancellationToken);
        context.Response.Set(Cookies.Tile, handle, TileStore.Life);
        return SeeOther(context.Response, links.SignInUrl(handle));
    }

    private static async Task<IResult> ConfirmAsync(
        HttpContext context,
        string? tileHandle,
        SiteRegistry sites,
        TileStore tiles,
        ConnectSessionStore sessions,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (
            context.Request.Query["session"] is not [{ Length: > 0 and <= MaxSession } handle]
            || await sessions.FindAsync(handle, cancellationToken) is not { } session
            || !session.IsUsable(time.GetUtcNow())
        )
        {
            return await NotUsableAsync(context, sessions, cancellationToken);
        }

        var tile = await tiles.FindAsync(tileHandle, cancellationToken);
        var cookie = OpaqueTokens.New();
        context.Response.Set(Cookies.Form, cookie, ConnectSession.Life, SameSiteMode.Strict);
        var siteName = tile?.Domain is { } site ? $"{site.Name} ({tile.Host.Text})" : tile?.Host.Text;
        return ConnectPages.Confirm(session, siteName, sites.Sites, handle, FormToken.Of(cookie, handle));
    }

    // A customer stuck at Datadog comes back to the earlier link: it says why that may be.
    private static async Task<IResult> NotUsableAsync(
        HttpContext context,
        ConnectSessionStore sessions,
        CancellationToken cancellationToken
    ) =>
        context.Request.Query["session"] is [{ Length: > 0 and <= MaxSession } handle]
        && await sessions.FindAsync(handle, cancellationToken)
            is { State: ConnectSessionState.Started or ConnectSessionState.Abandoned }
            ? HtmlPage.Of(PageReasons.Of(PageReasons.NeverReturned), 400)
            : HtmlPage.Of(PageReasons.Of(PageReasons.Session), 400);

    private static async Task<IResult> Begin(
        HttpContext context,
        SiteRegistry sites,
        TileStore tiles,
        ConnectSessionStore sessions,
        ClientProfiles clients,
        AuthorizationRequest departure,
        CancellationToken cancellationToken
    )
    {
        var (form, unreadable) = await PostedForm.ReadAsync(context.Request);
        if (form is null)
        {
            return unreadable!;
        }

        if (
            form.GetValueOrDefault("session") is not [{ Length: > 0 and <= MaxSession } handle]
            || form.GetValueOrDefault("token") is not [var token]
            || !FormToken.IsValid(context.Request.Cookies[Cookies.Form], handle, token)
        )
        {
            return HtmlPage.Of(PageReasons.Of(PageReasons.Form), 400);
        }

        DatadogSite? chosen = null;
        if (form.GetValueOrDefault("site") is [{ Length: > 0 } choice] && !sites.TryParseDomain(choice, out chosen))
        {
            return HtmlPage.Of(PageReasons.Of(PageReasons.UnknownSite), 400);
        }

        if (
            await sessions.UseAsync(handle, cancellationToken) is not { } session
            || clients.Find(session.Profile) is not { } client
        )
        {
            return HtmlPage.Of(PageReasons.Of(PageReasons.Session), 400);
        }

        // The picker only chooses the first page; the customer can still change region there (security 22).
        var home = chosen ?? sites.Find(client.Site) ?? sites.Sites[0];
        var tile =
            await tiles.FindAsync(context.Request.Cookies[Cookies.Tile], cancellationToken)
            ?? new TileEntry(null, sites.AuthorizeHostOf(home));
        context.Response.Forget(Cookies.Form);
        var authorize = await departure.RunAsync(context.Response, session, client, tile, cancellationToken);
        return SeeOther(context.Response, authorize.AbsoluteUri);
    }
}
