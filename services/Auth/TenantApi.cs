using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Partner.Auth.Connect;
using Partner.Contracts;

namespace Partner.Auth;

internal static class TenantApi
{
    public static RouteGroupBuilder MapTenants(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/partner/v1/tenants").RequirePartner();
        group.MapPost("/", Put);
        group.MapGet("/{tenant}", Get);
        group.MapPost("/{tenant}/connect-sessions", CreateSession).RequireRateLimiting(RateLimits.Keys);
        return group;
    }

    private static async Task<Results<Created<Tenant>, Ok<Tenant>>> Put(
        PutTenant request, TenantStore tenants, CancellationToken cancellationToken)
    {
        var (tenant, created) = await tenants.UpsertAsync(request.ExternalId, request.Name, cancellationToken);
        return created ? TypedResults.Created($"/partner/v1/tenants/{tenant.Id}", tenant) : TypedResults.Ok(tenant);
    }

    private static async Task<Results<Ok<Tenant>, ProblemHttpResult>> Get(
        TenantId tenant, TenantStore tenants, CancellationToken cancellationToken) =>
        await tenants.FindAsync(tenant,
            cancellationToken) is { } found ? TypedResults.Ok(found) : Problems.NotFound("tenant");

    private static async Task<Results<Created<CreatedConnectSession>, ProblemHttpResult>> CreateSession(
        TenantId tenant, CreateConnectSession? request, HttpContext context, SessionStore sessions,
        ClientProfiles clients,
        IOptions<AuthOptions> options, CancellationToken cancellationToken)
    {
        if (clients.Find(request?.Client) is not { } client)
        {
            return Problems.BadRequest("unknown-client", "There is no such client profile.");
        }

        if (await sessions.AddAsync(tenant, client.Profile, cancellationToken) is not var (handle, expiresAt))
        {
            return Problems.NotFound("tenant");
        }

        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created((string?)null, new CreatedConnectSession(options.Value.ConnectUrl(handle),
            expiresAt));
    }
}

/// <param name="ExternalId">The partner's own id of its customer.</param>
public sealed record PutTenant(
    [property: JsonPropertyName("external_id"), Required, StringLength(200, MinimumLength = 1)] string ExternalId,
    [property: Required, StringLength(200, MinimumLength = 1)] string Name);

/// <param name="Client">Client profile; the default one if left out.</param>
public sealed record CreateConnectSession(string? Client);

/// <param name="Url">Where to send the customer's browser. Works once.</param>
public sealed record CreatedConnectSession(string Url,
    [property: JsonPropertyName("expires_at")] DateTimeOffset ExpiresAt);
