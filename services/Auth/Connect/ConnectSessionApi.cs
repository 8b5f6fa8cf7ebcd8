using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Partner.Auth.Connections;

namespace Partner.Auth.Connect;

/// <summary>The partner's backend names the tenant that is about to connect, and sees the outcome.</summary>
internal static class ConnectSessionApi
{
    public static RouteGroupBuilder MapConnectSessions(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/partner/v1/connect-sessions").RequirePartner();
        group.MapPost("/", Create).WithSummary("Makes a one-use link for a customer's browser");
        group.MapGet("/{session}", Get).WithSummary("Shows what became of a session");
        return group;
    }

    private static async Task<Results<Created<CreatedConnectSession>, ProblemHttpResult>> Create(
        CreateConnectSession request,
        HttpContext context,
        TenantStore tenants,
        ConnectionStore connections,
        ConnectSessionStore sessions,
        ClientProfiles clients,
        ReturnTargets targets,
        ReturnLinks links,
        TenantLimits limits,
        Auditor auditor,
        IOptions<AuthOptions> options,
        CancellationToken cancellationToken
    )
    {
        if (Refusal(request, targets, links) is { } refusal)
        {
            return refusal;
        }

        var (again, profile, problem) = await AgainAsync(request, tenants, connections, cancellationToken);
        if (problem is not null || clients.Find(profile) is not { } client)
        {
            return problem ?? PartnerProblems.BadRequest("unknown-client", "There is no such client profile.");
        }

        var (tenant, created) = await tenants.UpsertAsync(request.ExternalId, request.Name, cancellationToken);
        if (created)
        {
            await auditor.TenantCreatedAsync(tenant.Id, context.Actor());
        }

        if (!limits.Allows(tenant.Id))
        {
            context.Response.Headers.RetryAfter = "60";
            return TypedResults.Problem(
                statusCode: 429,
                type: "too-many-requests",
                title: "Too many sessions for this tenant."
            );
        }

        var (handle, session) = await sessions.AddAsync(
            new NewConnectSession(tenant.Id, client.Profile, again?.Id, request.ReturnTo),
            cancellationToken
        );
        context.Response.Headers.CacheControl = "no-store";
        var url = request.Entry is { } entry ? $"{entry}&session={handle}" : options.Value.ConnectUrl(handle);
        return TypedResults.Created(
            $"/partner/v1/connect-sessions/{session.Id}",
            new CreatedConnectSession(session.Id, url, session.Tenant, session.ExpiresAt)
        );
    }

    private static async Task<Results<Ok<ConnectSessionView>, ProblemHttpResult>> Get(
        string session,
        ConnectSessionStore sessions,
        Brand brand,
        CancellationToken cancellationToken
    ) =>
        await sessions.FindByIdAsync(session, cancellationToken) is { } found
            ? TypedResults.Ok(ConnectSessionView.Of(found, brand))
            : PartnerProblems.NotFound("connect session");

    private static ProblemHttpResult? Refusal(CreateConnectSession request, ReturnTargets targets, ReturnLinks links) =>
        request switch
        {
            { ReturnTo: { } target } when !targets.Knows(target) => PartnerProblems.BadRequest(
                "unknown-return-to",
                "return_to is not one of the configured list."
            ),
            { Entry: { } entry } when !links.IsOurs(entry) => PartnerProblems.BadRequest(
                "bad-entry",
                "entry is not a link that the sign-in page was given, or is too old."
            ),
            _ => null,
        };

    // Not yours, or of another of your tenants, is the same as not there.
    private static async Task<(Connection? Again, string? Profile, ProblemHttpResult? Problem)> AgainAsync(
        CreateConnectSession request,
        TenantStore tenants,
        ConnectionStore connections,
        CancellationToken cancellationToken
    )
    {
        if (request.Connection is not { } id)
        {
            return (null, request.Client, null);
        }

        return await connections.FindAsync(id, cancellationToken) switch
        {
            { } found
                when (await tenants.FindAsync(found.Tenant, cancellationToken))?.ExternalId != request.ExternalId => (
                null,
                null,
                PartnerProblems.NotFound("connection")
            ),
            { Org: null } => (
                null,
                null,
                PartnerProblems.Conflict(
                    "never-connected",
                    "This connection never was one to an org; make a session without it."
                )
            ),
            { } found when (request.Client ?? found.Profile) != found.Profile => (
                null,
                null,
                PartnerProblems.Conflict("other-client", "This connection belongs to another client profile.")
            ),
            { } found => (found, found.Profile, null),
            null => (null, null, PartnerProblems.NotFound("connection")),
        };
    }
}

/// <param name="ExternalId">The partner's own id of its customer, who becomes a tenant if it is not one yet.</param>
/// <param name="Connection">Authorise this one again; another Datadog org is refused then.</param>
/// <param name="ReturnTo">Where the browser goes when all is done: one of the configured list.</param>
/// <param name="Entry">The <c>return_to</c> that the sign-in page was called with; the session's URL begins with it.</param>
/// <param name="Client">Client profile; the default one if left out.</param>
public sealed record CreateConnectSession(
    [property: JsonPropertyName("external_id"), Required, StringLength(200, MinimumLength = 1)] string ExternalId,
    [property: Required, StringLength(200, MinimumLength = 1)] string Name,
    ConnectionId? Connection = null,
    [property: JsonPropertyName("return_to"), StringLength(2000)] string? ReturnTo = null,
    [property: StringLength(2000)] string? Entry = null,
    [property: StringLength(100)] string? Client = null
);

/// <param name="Url">Where to send the customer's browser. Works once; shown here only.</param>
public sealed record CreatedConnectSession(
    string Id,
    string Url,
    TenantId Tenant,
    [property: JsonPropertyName("expires_at")] DateTimeOffset ExpiresAt
);

/// <summary>How far a session has come.</summary>
/// <param name="Connection">The one that came of it, or is to be authorised again.</param>
/// <param name="Reason">A stable slug, where something went wrong.</param>
/// <param name="Help">What happened and what to do, for people.</param>
public sealed record ConnectSessionView(
    string Id,
    TenantId Tenant,
    ConnectSessionState State,
    string? Reason,
    string? Help,
    ConnectionId? Connection,
    string Client,
    [property: JsonPropertyName("return_to")] string? ReturnTo,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonPropertyName("expires_at")] DateTimeOffset ExpiresAt,
    [property: JsonPropertyName("ended_at")] DateTimeOffset? EndedAt
)
{
    internal static ConnectSessionView Of(ConnectSession s, Brand brand) =>
        new(
            s.Id,
            s.Tenant,
            s.State,
            s.Reason,
            s.Reason is { } reason ? brand.HelpOf(reason) : null,
            s.Result ?? s.Connection,
            s.Profile,
            s.ReturnTo,
            s.CreatedAt,
            s.ExpiresAt,
            s.EndedAt
        );
}
