using Microsoft.AspNetCore.Http.Features;
using Partner.Contracts;
using Partner.Egress;
using Partner.ServiceDefaults;

namespace Partner.SiteRouter.Datadog;

/// <summary>Reads and edits of what a customer has in Datadog, with the connection's own grant.</summary>
internal static class DatadogApi
{
    public static void MapDatadog(this IEndpointRouteBuilder routes) =>
        routes.Map("/partner/v1/connections/{connection}/datadog/{**path}", HandleAsync).RequireCaller("partner");

    private static async Task HandleAsync(
        ConnectionId connection,
        HttpContext context,
        CancellationToken cancellationToken
    )
    {
        var services = context.RequestServices;
        switch (await DecideAsync(connection, context, cancellationToken))
        {
            case CallDecision.Refuse { Problem: var problem }:
                await problem.WriteAsync(context);
                break;
            case CallDecision.Go { Call: { Target.All: true } call }:
                await services.GetRequiredService<PagedRead>().RunAsync(context, call);
                break;
            case CallDecision.Go { Call: var call }:
                await services.GetRequiredService<DatadogForwarder>().RunAsync(context, call);
                break;
        }
    }

    private static async Task<CallDecision> DecideAsync(
        ConnectionId connection,
        HttpContext context,
        CancellationToken cancellationToken
    )
    {
        var services = context.RequestServices;
        var record = await services.GetRequiredService<ConnectionCache>().FindAsync(connection, cancellationToken);
        return CallDecision.For(
            ApiTarget.Parse(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, connection),
            context.Request.Method,
            context.Caller().Claims.Role,
            services.GetRequiredService<AllowList>(),
            record,
            services.GetRequiredService<SiteRegistry>()
        );
    }
}
