using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Partner.Auth.Credentials;

/// <summary>
/// Credentials of the partner API, made and revoked by it. Those of the gateway's configuration are the way in before
/// there is one, and are neither listed nor revoked here.
/// </summary>
internal static class CredentialApi
{
    public static RouteGroupBuilder MapCredentials(this IEndpointRouteBuilder routes)
    {
        routes
            .MapGet(
                "/internal/v1/partner-credentials",
                (CredentialStore store, CancellationToken cancellationToken) => store.ReadLiveAsync(cancellationToken)
            )
            .RequireCaller("partner-credentials");
        var group = routes.MapGroup("/partner/v1/credentials").RequirePartner();
        group.MapPost("/", Create).WithSummary("Makes a credential; the answer is the only one that shows its token");
        group.MapGet("/", List).WithSummary("Lists credentials, revoked ones too");
        group.MapDelete("/{id:guid}", Revoke).WithSummary("Revokes a credential: everywhere within 5 s");
        return group;
    }

    private static async Task<Results<Created<CreatedCredential>, ProblemHttpResult>> Create(
        CreateCredential request,
        HttpContext context,
        CredentialStore store,
        Auditor auditor,
        CancellationToken cancellationToken
    )
    {
        var (id, token) = (Guid.CreateVersion7(), CredentialToken.New());
        var prefix = CredentialToken.Prefix(token);
        if (
            !await store.AddAsync(
                id,
                request.Name,
                request.Role,
                OpaqueTokens.Hash(token),
                prefix,
                context.Actor(),
                cancellationToken
            )
        )
        {
            return PartnerProblems.Conflict(
                "too-many-credentials",
                $"There are {CredentialStore.Most} live credentials; revoke one first."
            );
        }

        await auditor.WriteForPartnerAsync(
            "credential.created",
            context.Actor(),
            ("credential", id.ToString()),
            ("name", request.Name),
            ("role", request.Role)
        );
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created(
            $"/partner/v1/credentials/{id}",
            new CreatedCredential(id, new Secret(token), request.Name, request.Role, prefix)
        );
    }

    private static async Task<Ok<CredentialList>> List(
        CredentialStore store,
        Guid? after,
        CancellationToken cancellationToken,
        [Range(1, ListPaging.Most)] int limit = ListPaging.Usual
    )
    {
        var (page, next) = ListPaging.Cut(
            await store.ListAsync(after, limit + 1, cancellationToken),
            limit,
            c => c.Id.ToString()
        );
        return TypedResults.Ok(new CredentialList(page, next));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Revoke(
        Guid id,
        HttpContext context,
        CredentialStore store,
        Auditor auditor,
        CancellationToken cancellationToken
    )
    {
        if (!await store.RevokeAsync(id, context.Actor(), cancellationToken))
        {
            return PartnerProblems.NotFound("live credential");
        }

        await auditor.WriteForPartnerAsync("credential.revoked", context.Actor(), ("credential", id.ToString()));
        return TypedResults.NoContent();
    }
}

/// <param name="Name">For people and the audit trail: <c>billing-backend</c>.</param>
/// <param name="Role"><c>read</c> or <c>manage</c>.</param>
public sealed record CreateCredential(
    [property:
        Required,
        RegularExpression(
            "^[a-z0-9][a-z0-9_.-]{0,63}$",
            ErrorMessage = "A name is 1 to 64 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit."
        )
    ]
        string Name,
    [property:
        Required,
        AllowedValues(PartnerRoles.Read, PartnerRoles.Manage, ErrorMessage = "A role is read or manage.")
    ]
        string Role
);

/// <param name="Token">Shown this once; present it as <c>Authorization: Bearer</c>.</param>
public sealed record CreatedCredential(
    Guid Id,
    [property: JsonConverter(typeof(RevealedJsonConverter))] Secret Token,
    string Name,
    string Role,
    string Prefix
);
