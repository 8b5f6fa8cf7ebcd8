namespace Partner.Sandbox.Traffic;

/// <summary>
/// Looks up the presented key and token, on this site's books alone: sites share nothing (datadog-facts 1.1).
/// </summary>
internal static class Identify
{
    private const string Bearer = "Bearer ";

    public static Task RunAsync(HttpContext context, RequestDelegate next, SandboxState state)
    {
        var exchange = context.Exchange();
        if (exchange.Host is not { } host)
        {
            return next(context);
        }

        var key = context.Request.Headers["DD-API-KEY"].FirstOrDefault();
        if (string.IsNullOrEmpty(key))
        {
            key = context.Request.Query["api_key"].FirstOrDefault();
            exchange.Fact = string.IsNullOrEmpty(key) ? null : Fact.KeyInQuery;
        }

        exchange.KeyPresented = !string.IsNullOrEmpty(key);
        exchange.Key = state.Orgs.FindKey(host.Site, key);
        exchange.KeyOwner = state.Orgs.OwnerOf(key);
        if (
            context.Request.Headers.Authorization.FirstOrDefault() is { } authorization
            && authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
        )
        {
            exchange.Grant = state.Grants.FindByAccessToken(host.Site, authorization[Bearer.Length..].Trim());
        }

        return next(context);
    }
}
