using Microsoft.AspNetCore.Http.Features;
using Partner.Egress;

namespace Partner.SiteRouter.Datadog;

/// <summary>
/// Reads of incidents on Datadog's own paths, for clients of Datadog's that declare them there with an ingest key: the
/// same calls and the same grant as the partner API's, answered as Datadog does.
/// </summary>
internal static class IncidentReadsApi
{
    public static void MapIncidentReads(this IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v2/incidents/{**path}", HandleAsync)
            .RequireCaller("reads")
            .WithMetadata(new DatadogClientsMetadata());

    private static async Task HandleAsync(
        HttpContext context,
        ConnectionCache connections,
        AllowList allowed,
        SiteRegistry sites,
        DatadogForwarder forwarder,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var decision = CallDecision.For(
                ApiTarget.Parse(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget),
                context.Request.Method,
                PartnerRoles.Read,
                allowed,
                ConnectionId.TryParse(context.Caller().Claims.Connection, null, out var connection)
                    ? await connections.FindAsync(connection, cancellationToken)
                    : null,
                sites
            );
            await (
                decision is CallDecision.Go { Call: var call }
                    ? forwarder.RunAsync(context, call)
                    : ((CallDecision.Refuse)decision).Problem.WriteAsync(context)
            );
        }
        catch (Exception exception) when (Problems.IsUnavailable(exception) && !context.Response.HasStarted)
        {
            await CallProblem.NoToken.WriteAsync(context);
        }
    }
}
