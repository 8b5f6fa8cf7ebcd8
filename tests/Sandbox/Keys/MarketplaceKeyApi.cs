using System.Globalization;
using Partner.Sandbox.OAuth;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Keys;

/// <summary>
/// POST /api/v2/api_keys/marketplace: the one key of a client in an org, shown once (datadog-facts 2.8).
/// </summary>
internal static class MarketplaceKeyApi
{
    public static RouteGroupBuilder MapMarketplaceKeyApi(this RouteGroupBuilder routes)
    {
        routes.MapPost("/api/v2/api_keys/marketplace", Create);
        return routes;
    }

    private static Answer Create(HttpContext context, SandboxState state)
    {
        if (context.Exchange().Grant is not { } grant)
        {
            return Answer.Unauthorized(Fact.BearerDead);
        }

        if (!grant.Scopes.Contains(Client.KeyScope))
        {
            return Answer.Forbidden(Fact.MissingScope);
        }

        if (!grant.Org.CanCreateKeys)
        {
            return Answer.Forbidden(Fact.MissingPermission);
        }

        var settling = TimeSpan.FromSeconds(state.Settings.NewKeySettlingSeconds);
        if (state.Orgs.MintKey(grant.Org, grant.Client, settling) is not { } key)
        {
            return Answer.Errors(409, "An API key with this name already exists", Fact.KeyExists);
        }

        state.Issued.Add("api-key", key.Value);
        return Answer.Of(201, Created(key));
    }

    // The shape of the recording "Create an API key" without leak_information, which the OAuth page does not show.
    private static object Created(ApiKey key)
    {
        var at = key.CreatedAt.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture);
        var user = new { data = new { type = "users", id = key.Org.UserId } };
        return new
        {
            data = new
            {
                type = "api_keys",
                attributes = new
                {
                    created_at = at,
                    key = key.Value,
                    last4 = key.Last4,
                    modified_at = at,
                    name = key.Name,
                },
                relationships = new { created_by = user, modified_by = user },
                id = key.Id,
            },
        };
    }
}
