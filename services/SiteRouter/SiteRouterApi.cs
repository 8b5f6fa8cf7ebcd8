using Microsoft.AspNetCore.Http.HttpResults;
using Partner.Contracts;
using Partner.Egress;
using Partner.ServiceDefaults;

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
        ConnectionId connection, ConnectionCache connections, SiteRegistry sites, HttpContext context, CancellationToken cancellationToken)
    {
        if (context.Caller().Claims.Connection != connection.Text)
        {
            return TypedResults.Problem(statusCode: StatusCodes.Status403Forbidden, title: "The token is not for this connection.");
        }

        return RouteDecision.For(await connections.FindAsync(connection, cancellationToken), sites) switch
        {
            RouteDecision.To to => TypedResults.Ok(to.Route),
            RouteDecision.NoSite => Conflict("no-site", "The connection has no Datadog site yet."),
            RouteDecision.UnknownSite => Conflict("unknown-site", "The connection's Datadog site is not one of this deployment."),
            _ => TypedResults.NotFound(),
        };
    }

    private static ProblemHttpResult Conflict(string type, string title) =>
        TypedResults.Problem(statusCode: StatusCodes.Status409Conflict, type: type, title: title);
}
