using Microsoft.AspNetCore.Http.HttpResults;

namespace Partner.CredentialVault.Owners;

internal static class OwnersApi
{
    private const int MaxText = 200;

    public static void AddOwners(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<SharingOptions>().BindConfiguration(SharingOptions.SectionName);
        builder.Services.AddSingleton<OwnerStore>();
        builder.Services.AddSingleton<SecretStore>();
        builder.Services.AddSingleton<ConnectionKeyStore>();
        builder.Services.AddSingleton<Disclosures>();
    }

    public static IEndpointRouteBuilder MapOwners(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/owners", Reserve).RequireCaller("owners");
        routes.MapDelete("/owners/{owner}", Shred).RequireCaller("owners");
        return routes;
    }

    private static async Task<Results<Ok<Owner>, ProblemHttpResult>> Reserve(
        OwnerReservation wanted,
        HttpContext context,
        OwnerStore store,
        CancellationToken cancellationToken
    )
    {
        if (Check(wanted) is { } wrong)
        {
            return VaultProblems.Invalid(wrong);
        }

        return context.IsFor(wanted.Connection)
            ? TypedResults.Ok(await store.ReserveAsync(wanted, context.Caller().Service, cancellationToken))
            : VaultProblems.OtherConnection;
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Shred(
        OwnerId owner,
        HttpContext context,
        OwnerStore store,
        CancellationToken cancellationToken
    ) =>
        context.ClaimedConnection() is { } connection
        && await store.ShredAsync(owner, connection, context.Caller().Service, cancellationToken)
            ? TypedResults.NoContent()
            : VaultProblems.NoOwner;

    private static string? Check(OwnerReservation wanted) =>
        wanted switch
        {
            { Connection.Text: null } => "connection is missing.",
            { Kind: not (OwnerKind.Org or OwnerKind.Connection) } => "kind is org or connection.",
            { Kind: OwnerKind.Org } when !IsText(wanted.Client) => $"client is 1 to {MaxText} characters.",
            { Kind: OwnerKind.Org } when !IsText(wanted.Org) => $"org is 1 to {MaxText} characters.",
            _ => null,
        };

    internal static bool IsText(string? text) => text is { Length: > 0 and <= MaxText } && !text.Any(char.IsControl);
}
