using Microsoft.AspNetCore.Http.HttpResults;

namespace Partner.CredentialVault.Owners;

internal static class ConnectionKeysApi
{
    public static IEndpointRouteBuilder MapConnectionKeys(this IEndpointRouteBuilder routes)
    {
        var connections = routes.MapGroup("/connections/{connection}");
        connections.MapPut("/api-key-owner", Attach).RequireCaller("owners");
        connections.MapDelete("/api-key-owner", Detach).RequireCaller("owners");
        connections.MapPost("/api-key/release", Release).RequireCaller("api-key-release");
        return routes;
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Attach(
        ConnectionId connection,
        ApiKeyOwner wanted,
        HttpContext context,
        ConnectionKeyStore store,
        CancellationToken cancellationToken
    )
    {
        if (wanted is not { Owner.Text: not null, Tenant.Text: not null })
        {
            return VaultProblems.Invalid("owner and tenant are needed.");
        }

        if (!context.IsFor(connection))
        {
            return VaultProblems.OtherConnection;
        }

        return await store.AttachAsync(connection, wanted, context.Caller().Service, cancellationToken) switch
        {
            AttachOutcome.NoOwner => VaultProblems.NoOwner,
            AttachOutcome.OtherTenantsConnection => VaultProblems.NoConnection,
            AttachOutcome.OrgInUse => VaultProblems.OrgInUse,
            _ => TypedResults.NoContent(),
        };
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Detach(
        ConnectionId connection,
        HttpContext context,
        ConnectionKeyStore store,
        CancellationToken cancellationToken
    )
    {
        if (!context.IsFor(connection))
        {
            return VaultProblems.OtherConnection;
        }

        await store.DetachAsync(connection, context.Caller().Service, cancellationToken);
        return TypedResults.NoContent();
    }

    // For the one connection that the token names, regardless of the path (security 44).
    private static async Task<Results<Ok<ReleasedApiKey>, ProblemHttpResult>> Release(
        ConnectionId connection,
        HttpContext context,
        SecretStore store,
        Disclosures disclosures,
        CancellationToken cancellationToken
    )
    {
        if (!context.IsFor(connection))
        {
            return VaultProblems.OtherConnection;
        }

        if (await store.FindApiKeyAsync(connection, cancellationToken) is not { } found)
        {
            return VaultProblems.NoApiKey;
        }

        await disclosures.RecordAsync(
            context.Caller().Service,
            connection,
            "api_key.released",
            found,
            cancellationToken
        );
        return TypedResults.Ok(new ReleasedApiKey(found.Secret.KeyId!, found.Secret.Value, found.Secret.Site));
    }
}
