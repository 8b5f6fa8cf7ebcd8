using Microsoft.AspNetCore.Http.HttpResults;
using Partner.Egress;

namespace Partner.SiteRouter;

internal static class SiteRouterApi
{
    public static RouteGroupBuilder MapSiteRouter(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/internal/v1/connections/{connection}").RequireCaller("sites");
        group.MapGet("/route", Route);
        return group;
    }

    private static async Task<Results<Ok<ConnectionRoute>, NotFound, ProblemHttpResult>> Route(
        ConnectionId connection,
        ConnectionCache connections,
        SiteRegistry sites,
        HttpContext context,
        CancellationToken cancellationToken
    )
    {
        if (context.Caller().Claims.Connection != connection.Text)
        {
            return Problem(403, type: null, "The token is not for this connection.");
        }

        return RouteDecision.For(await connections.FindAsync(connection, cancellationToken), sites) switch
        {
            RouteDecision.To to => TypedResults.Ok(to.Route),
            RouteDecision.NoSite => Problem(409, "no-site", "The connection has no Datadog site yet."),
            RouteDecision.UnknownSite => Problem(409, "unknown-site", "The connection's site is not in the registry."),
            _ => TypedResults.NotFound(),
        };
    }

    private static ProblemHttpResult Problem(int status, string? type, string title) =>
        TypedResults.Problem(statusCode: status, type: type, title: title);
}
