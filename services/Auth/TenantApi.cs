using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Partner.Auth;

internal static class TenantApi
{
    public static RouteGroupBuilder MapTenants(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/partner/v1/tenants").RequirePartner();
        group.MapPost("/", Put).WithSummary("Makes the tenant of an external id, or renames it");
        group.MapGet("/", List).WithSummary("Lists tenants");
        group.MapGet("/{tenant}", Get).WithSummary("Shows a tenant");
        group.MapPatch("/{tenant}", Rename).WithSummary("Renames a tenant");
        group.MapDelete("/{tenant}", Delete).WithSummary("Deletes a tenant that has no live connection");
        return group;
    }

    private static async Task<Results<Created<Tenant>, Ok<Tenant>>> Put(
        PutTenant request,
        HttpContext context,
        TenantStore tenants,
        Auditor auditor,
        CancellationToken cancellationToken
    )
    {
        var (tenant, created) = await tenants.UpsertAsync(request.ExternalId, request.Name, cancellationToken);
        if (!created)
        {
            return TypedResults.Ok(tenant);
        }

        await auditor.TenantCreatedAsync(tenant.Id, context.Actor());
        return TypedResults.Created($"/partner/v1/tenants/{tenant.Id}", tenant);
    }

    private static async Task<Ok<TenantPage>> List(
        TenantStore tenants,
        [FromQuery(Name = "external_id")] string? externalId,
        string? name,
        TenantId? after,
        CancellationToken cancellationToken,
        [Range(1, ListPaging.Most)] int limit = ListPaging.Usual
    )
    {
        var found = await tenants.ListAsync(externalId, name, after, limit + 1, cancellationToken);
        var (page, next) = ListPaging.Cut(found, limit, t => t.Id.Text);
        return TypedResults.Ok(new TenantPage(page, next));
    }

    private static async Task<Results<Ok<Tenant>, ProblemHttpResult>> Get(
        TenantId tenant,
        TenantStore tenants,
        CancellationToken cancellationToken
    ) =>
        await tenants.FindAsync(tenant, cancellationToken) is { } found
            ? TypedResults.Ok(found)
            : PartnerProblems.NotFound("tenant");

    private static async Task<Results<Ok<Tenant>, ProblemHttpResult>> Rename(
        TenantId tenant,
        RenameTenant request,
        TenantStore tenants,
        CancellationToken cancellationToken
    ) =>
        await tenants.RenameAsync(tenant, request.Name, cancellationToken) is { } renamed
            ? TypedResults.Ok(renamed)
            : PartnerProblems.NotFound("tenant");

    private static async Task<Results<NoContent, ProblemHttpResult>> Delete(
        TenantId tenant,
        HttpContext context,
        TenantStore tenants,
        Auditor auditor,
        CancellationToken cancellationToken
    )
    {
        switch (await tenants.DeleteAsync(tenant, cancellationToken))
        {
            case TenantDeletion.Deleted:
                await auditor.WriteForPartnerAsync("tenant.deleted", context.Actor(), ("tenant", tenant.Text));
                return TypedResults.NoContent();
            case TenantDeletion.HasConnections:
                return PartnerProblems.Conflict(
                    "tenant-connected",
                    "The tenant has live connections; disconnect them first."
                );
            default:
                return PartnerProblems.NotFound("tenant");
        }
    }
}

/// <param name="ExternalId">The partner's own id of its customer.</param>
public sealed record PutTenant(
    [property: JsonPropertyName("external_id"), Required, StringLength(200, MinimumLength = 1)] string ExternalId,
    [property: Required, StringLength(200, MinimumLength = 1)] string Name
);

public sealed record RenameTenant([property: Required, StringLength(200, MinimumLength = 1)] string Name);

/// <param name="Next">Ask again with it as <c>after</c>; null at the end.</param>
public sealed record TenantPage(IReadOnlyList<Tenant> Tenants, string? Next);
