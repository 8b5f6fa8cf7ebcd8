using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Partner.Auth.Connect;
using Partner.Auth.Tokens;
using Partner.Egress;

namespace Partner.Auth.Connections;

internal static class ConnectionApi
{
    public static RouteGroupBuilder MapConnections(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/partner/v1").RequirePartner();
        group.MapGet("/tenants/{tenant}/connections", ListOfTenant).WithSummary("Lists the connections of a tenant");
        group.MapGet("/connections", List).WithSummary("Lists connections");
        group.MapGet("/connections/{connection}", Get).WithSummary("Shows a connection: its state, and why");
        group
            .MapDelete("/connections/{connection}", Disconnect)
            .WithSummary("Ends a connection: nothing is sent from here on");
        group.MapAuditTrail();

        var services = routes.MapGroup("/internal/v1/connections/{connection}");
        services.MapGet("", Record).RequireCaller("connections");
        services.MapPost("/check", Check).RequireCaller("connection-checks");
        return group;
    }

    private static async Task<Results<Ok<ConnectionPage>, ProblemHttpResult>> ListOfTenant(
        TenantId tenant,
        TenantStore tenants,
        ConnectionStore connections,
        ConnectionId? after,
        CancellationToken cancellationToken,
        [Range(1, ListPaging.Most)] int limit = ListPaging.Usual
    ) =>
        await tenants.FindAsync(tenant, cancellationToken) is null
            ? PartnerProblems.NotFound("tenant")
            : TypedResults.Ok(
                await PageAsync(connections, new ConnectionFilter(tenant, null, null), after, limit, cancellationToken)
            );

    private static async Task<Results<Ok<ConnectionPage>, ProblemHttpResult>> List(
        ConnectionStore connections,
        TenantId? tenant,
        string? state,
        string? site,
        ConnectionId? after,
        CancellationToken cancellationToken,
        [Range(1, ListPaging.Most)] int limit = ListPaging.Usual
    ) =>
        state is not null && !EnumText.All<ConnectionState>().Contains(state)
            ? Problems.Invalid("state", $"A state is one of {string.Join(", ", EnumText.All<ConnectionState>())}.")
            : TypedResults.Ok(
                await PageAsync(connections, new ConnectionFilter(tenant, state, site), after, limit, cancellationToken)
            );

    private static async Task<ConnectionPage> PageAsync(
        ConnectionStore connections,
        ConnectionFilter filter,
        ConnectionId? after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var found = await connections.ListAsync(filter, after, limit + 1, cancellationToken);
        var (page, next) = ListPaging.Cut(found, limit, c => c.Id.Text);
        return new ConnectionPage([.. page.Select(ConnectionView.Of)], next);
    }

    private static async Task<Results<Ok<ConnectionView>, ProblemHttpResult>> Get(
        ConnectionId connection,
        ConnectionStore connections,
        ConnectSessionStore sessions,
        Brand brand,
        CancellationToken cancellationToken
    )
    {
        if (await connections.FindAsync(connection, cancellationToken) is not { } found)
        {
            return PartnerProblems.NotFound("connection");
        }

        var session = await sessions.LatestOfAsync(connection, cancellationToken);
        return TypedResults.Ok(
            ConnectionView.Of(found) with
            {
                LastSession = session is null ? null : ConnectSessionView.Of(session, brand),
            }
        );
    }

    private static async Task<Results<Ok<DisconnectReport>, ProblemHttpResult>> Disconnect(
        ConnectionId connection,
        HttpContext context,
        ConnectionStore connections,
        Disconnection disconnection,
        ClientProfiles clients,
        SiteRegistry sites,
        CancellationToken cancellationToken
    )
    {
        if (await connections.FindAsync(connection, cancellationToken) is null)
        {
            return PartnerProblems.NotFound("connection");
        }

        await disconnection.BeginAsync(connection, context.Actor(), cancellationToken);
        var ended = (await connections.FindAsync(connection, cancellationToken))!;
        var finished = await TryCleanUpAsync(disconnection, ended, cancellationToken);
        return TypedResults.Ok(
            DisconnectReport.Of(ended, finished, clients.Find(ended.Profile), sites.Find(ended.Site))
        );
    }

    // The worker cleans up later if a service is down now.
    private static async Task<bool> TryCleanUpAsync(
        Disconnection disconnection,
        Connection ended,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await disconnection.CleanUpAsync(ended, cancellationToken);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<Results<Ok<ConnectionRecord>, ProblemHttpResult>> Record(
        ConnectionId connection,
        ConnectionStore connections,
        TokenUseMarks marks,
        CancellationToken cancellationToken
    )
    {
        if (await connections.FindAsync(connection, cancellationToken) is not { } found)
        {
            return PartnerProblems.NotFound("connection");
        }

        // A route is asked for twice a minute while data flows: such a connection is in use, though it needs no token.
        await marks.MarkAsync(found, cancellationToken);
        return TypedResults.Ok(found.ToRecord());
    }

    private static async Task<Results<Ok<ConnectionCheck>, ProblemHttpResult>> Check(
        ConnectionId connection,
        ConnectionCheckRequest request,
        HttpContext context,
        ConnectionCheckup checkup,
        CancellationToken cancellationToken
    )
    {
        if (context.Caller().Claims.Connection != connection.Text)
        {
            return PartnerProblems.Forbidden("wrong-connection", "The token names another connection.");
        }

        return await checkup.RunAsync(connection, cancellationToken) is { } check
            ? TypedResults.Ok(check)
            : PartnerProblems.NotFound("connection");
    }
}
