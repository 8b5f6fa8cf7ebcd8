using Partner.Sandbox.OAuth;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Keys;

/// <summary>GET /api/v2/current_user with a bearer token: whose org is this, from server to server.</summary>
internal static class CurrentUserApi
{
    public static RouteGroupBuilder MapCurrentUserApi(this RouteGroupBuilder routes)
    {
        routes.MapGet("/api/v2/current_user", Get);
        return routes;
    }

    private static Answer Get(HttpContext context, SandboxState state) =>
        context.Exchange().Grant switch
        {
            null => Answer.Unauthorized(Fact.BearerDead),
            _ when !state.Settings.CurrentUser => Answer.Unauthorized(Fact.CurrentUserClosed),
            { Org: var org } => Answer.Of(200, User(org)),
        };

    private static object User(Org org) =>
        new
        {
            data = new
            {
                type = "users",
                id = org.UserId,
                attributes = new
                {
                    name = "Demo User",
                    handle = "demo@example.com",
                    email = "demo@example.com",
                    status = "Active",
                    disabled = false,
                    verified = true,
                    service_account = false,
                },
                relationships = new { org = new { data = new { type = "orgs", id = org.Id } } },
            },
            included = new[]
            {
                new
                {
                    type = "orgs",
                    id = org.Id,
                    attributes = new { name = org.Name, public_id = org.Oid },
                },
            },
        };
}
