using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Partner.Contracts;

namespace Partner.Auth;

internal static class TenantApi
{
    public static RouteGroupBuilder MapTenants(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/partner/v1/tenants").RequirePartner();
        group.MapPost("/", Put);
        group.MapGet("/{tenant}", Get);
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
}

/// <param name="ExternalId">The partner's own id of its customer.</param>
public sealed record PutTenant(
    [property: JsonPropertyName("external_id"), Required, StringLength(200, MinimumLength = 1)] string ExternalId,
    [property: Required, StringLength(200, MinimumLength = 1)] string Name);
