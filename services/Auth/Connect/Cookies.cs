namespace Partner.Auth.Connect;

/// <summary>
/// The browser's cookies. __Host- ones come over a secure connection, for every path, from this host alone: no
/// sub-domain and no plain connection can plant one (security 3, 13).
/// </summary>
internal static class Cookies
{
    /// <summary>The attempt: made anew for each, gone after the callback.</summary>
    public const string Attempt = "__Host-connect";

    /// <summary>What the tile said.</summary>
    public const string Tile = "__Host-tile";

    /// <summary>Against posts from other sites.</summary>
    public const string Form = "__Host-form";

    // Lax: Datadog and the partner's sign-in page lead back here from their own sites.
    public static void Set(
        this HttpResponse response,
        string name,
        string value,
        TimeSpan life,
        SameSiteMode sameSite = SameSiteMode.Lax
    ) => response.Cookies.Append(name, value, Options(life, sameSite));

    public static void Forget(this HttpResponse response, string name) =>
        response.Cookies.Delete(name, Options(null, SameSiteMode.Lax));

    private static CookieOptions Options(TimeSpan? life, SameSiteMode sameSite) =>
        new()
        {
            Secure = true,
            HttpOnly = true,
            SameSite = sameSite,
            Path = "/",
            MaxAge = life,
            IsEssential = true,
        };
}
