using Microsoft.AspNetCore.Http.Features;
using Partner.Egress;

namespace Partner.SiteRouter.Datadog;

/// <summary>Reads and edits of what a customer has in Datadog, with the connection's own grant.</summary>
internal static class DatadogApi
{
    public static void MapDatadog(this IEndpointRouteBuilder routes) =>
        routes.Map("/partner/v1/connections/{connection}/datadog/{**path}", HandleAsync).RequireCaller("partner");

    private static async Task HandleAsync(
        ConnectionId connection,
        HttpContext context,
        ConnectionCache connections,
        AllowList allowed,
        SiteRegistry sites,
        PagedRead pages,
        DatadogForwarder forwarder,
        CancellationToken cancellationToken
    )
    {
        var decision = CallDecision.For(
            ApiTarget.Parse(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, connection),
            context.Request.Method,
            context.Caller().Claims.Role,
            allowed,
            await connections.FindAsync(connection, cancellationToken),
            sites
        );
        await (
            decision switch
            {
                CallDecision.Go { Call: { Target.All: true } call } => pages.RunAsync(context, call),
                CallDecision.Go { Call: var call } => forwarder.RunAsync(context, call),
                _ => ((CallDecision.Refuse)decision).Problem.WriteAsync(context),
            }
        );
    }
}
