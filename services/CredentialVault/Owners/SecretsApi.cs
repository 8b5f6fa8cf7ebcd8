using Microsoft.AspNetCore.Http.HttpResults;

namespace Partner.CredentialVault.Owners;

internal static class SecretsApi
{
    private const int MaxSecret = 16 * 1024;

    public static IEndpointRouteBuilder MapSecrets(this IEndpointRouteBuilder routes)
    {
        var secrets = routes.MapGroup("/owners/{owner}/secrets");
        secrets.MapPut("/api-key", PutApiKey).RequireCaller("secrets");
        secrets.MapPut("/refresh-token", PutRefreshToken).RequireCaller("secrets");
        secrets.MapGet("/api-key", GetApiKey).RequireCaller("api-keys");
        secrets.MapGet("/refresh-token", GetRefreshToken).RequireCaller("refresh-tokens");
        return routes;
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> PutApiKey(
        OwnerId owner,
        StoredSecret secret,
        HttpContext context,
        SecretStore store,
        CancellationToken cancellationToken
    ) =>
        OwnersApi.IsText(secret.KeyId) && IsSiteOrNull(secret.Site)
            ? await PutAsync(owner, SecretKind.ApiKey, secret, context, store, cancellationToken)
            : VaultProblems.Invalid("keyId is missing or too long, or site is not one.");

    private static async Task<Results<NoContent, ProblemHttpResult>> PutRefreshToken(
        OwnerId owner,
        StoredSecret secret,
        HttpContext context,
        SecretStore store,
        CancellationToken cancellationToken
    ) =>
        secret is { KeyId: null, Site: null }
            ? await PutAsync(owner, SecretKind.RefreshToken, secret, context, store, cancellationToken)
            : VaultProblems.Invalid("A refresh token has neither keyId nor site.");

    // Which sites there are is not known here. No part of a ciphertext's place holds the mark between them.
    private static bool IsSiteOrNull(string? site) =>
        site is null || (OwnersApi.IsText(site) && !site.Contains('|', StringComparison.Ordinal));

    private static async Task<Results<Ok<StoredSecret>, ProblemHttpResult>> GetApiKey(
        OwnerId owner,
        HttpContext context,
        SecretStore store,
        Disclosures disclosures,
        CancellationToken cancellationToken
    ) => await GetAsync(owner, SecretKind.ApiKey, null, context, store, disclosures, cancellationToken);

    /// <param name="version">The newest unless said; the one before the newest is there too.</param>
    private static async Task<Results<Ok<StoredSecret>, ProblemHttpResult>> GetRefreshToken(
        OwnerId owner,
        long? version,
        HttpContext context,
        SecretStore store,
        Disclosures disclosures,
        CancellationToken cancellationToken
    ) => await GetAsync(owner, SecretKind.RefreshToken, version, context, store, disclosures, cancellationToken);

    private static async Task<Results<NoContent, ProblemHttpResult>> PutAsync(
        OwnerId owner,
        SecretKind kind,
        StoredSecret secret,
        HttpContext context,
        SecretStore store,
        CancellationToken cancellationToken
    )
    {
        if (secret.Version < 1)
        {
            return VaultProblems.Invalid("version is 1 or more.");
        }

        if (secret.Value?.Reveal() is not { Length: > 0 and <= MaxSecret })
        {
            return VaultProblems.Invalid($"value is 1 to {MaxSecret} characters.");
        }

        if (context.ClaimedConnection() is not { } connection)
        {
            return VaultProblems.NoOwner;
        }

        return await store.PutAsync(owner, kind, secret, connection, context.Caller().Service, cancellationToken) switch
        {
            PutOutcome.StaleVersion => VaultProblems.StaleVersion,
            PutOutcome.VersionTaken => VaultProblems.VersionTaken,
            PutOutcome.NoOwner => VaultProblems.NoOwner,
            PutOutcome.WrongKind => VaultProblems.Invalid("An owner of this kind has no such secret."),
            _ => TypedResults.NoContent(),
        };
    }

    private static async Task<Results<Ok<StoredSecret>, ProblemHttpResult>> GetAsync(
        OwnerId owner,
        SecretKind kind,
        long? version,
        HttpContext context,
        SecretStore store,
        Disclosures disclosures,
        CancellationToken cancellationToken
    )
    {
        if (
            context.ClaimedConnection() is not { } connection
            || await store.FindAsync(owner, kind, version, connection, cancellationToken) is not { } found
        )
        {
            return VaultProblems.NoSecret;
        }

        var name = kind == SecretKind.ApiKey ? "api_key.read" : "refresh_token.read";
        var caller = context.Caller().Service;
        await disclosures.RecordAsync(caller, connection, name, found, cancellationToken);
        return TypedResults.Ok(found.Secret);
    }
}
