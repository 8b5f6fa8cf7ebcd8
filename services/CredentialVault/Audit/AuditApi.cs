using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Partner.CredentialVault.Audit;

/// <summary>Answer of <c>GET /internal/v1/audit/{connection}/verify</c> of vault, permission <c>audit-read</c>.</summary>
/// <param name="FirstBroken">The first record that is not as appended; one past the end for a chain cut short.</param>
public sealed record AuditVerdict(AuditChainId Connection, bool Intact, long? FirstBroken, string? Why);

internal static partial class AuditApi
{
    private const int MaxPage = 500;
    private const int MaxActor = 200;
    private const int MaxDetails = 30;
    private const int MaxDetail = 1000;

    public static void AddAudit(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<AuditKey>();
        builder.Services.AddSingleton<AuditLog>();
        builder.Services.AddSingleton<AuditReader>();
        builder.Services.AddSingleton<HourlyAudit>();
        builder.Services.AddSingleton<RefusedKeys>();
    }

    public static IEndpointRouteBuilder MapAudit(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/audit", Append).RequireCaller("audit");
        routes.MapGet("/audit/{connection}", GetPage).RequireCaller("audit-read");
        routes.MapGet("/audit/{connection}/verify", Verify).RequireCaller("audit-read");
        return routes;
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Append(
        AuditEvent what,
        HttpContext context,
        AuditLog log,
        CancellationToken cancellationToken
    )
    {
        if (Check(what) is { } wrong)
        {
            return VaultProblems.Invalid(wrong);
        }

        if (!context.IsFor(what.Connection))
        {
            return VaultProblems.OtherConnection;
        }

        await log.AppendAsync(what, context.Caller().Service, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<AuditPage>, ProblemHttpResult>> GetPage(
        AuditChainId connection,
        HttpContext context,
        AuditReader reader,
        CancellationToken cancellationToken,
        long after = 0,
        int limit = 100
    ) =>
        !context.IsFor(connection) ? VaultProblems.OtherConnection
        : limit is < 1 or > MaxPage ? VaultProblems.Invalid($"limit is 1 to {MaxPage}.")
        : TypedResults.Ok(await reader.PageAsync(connection, after, limit, cancellationToken));

    private static async Task<Results<Ok<AuditVerdict>, ProblemHttpResult>> Verify(
        AuditChainId connection,
        HttpContext context,
        AuditReader reader,
        CancellationToken cancellationToken
    ) =>
        !context.IsFor(connection)
            ? VaultProblems.OtherConnection
            : TypedResults.Ok(await reader.VerifyAsync(connection, cancellationToken));

    private static string? Check(AuditEvent what) =>
        what switch
        {
            { Connection.Text: null } => "connection is missing.",
            _ when what.Connection == AuditChainId.Vault => "connection is the vault's own.",
            { Event: null } => "event is missing.",
            _ when !EventName().IsMatch(what.Event) => "event is a dotted name such as token.refresh_failed.",
            { Event: AuditChain.TamperedEvent } => "event is the vault's own.",
            { Actor: null or "" or { Length: > MaxActor } } => $"actor is 1 to {MaxActor} characters.",
            _ when what.Actor.Any(char.IsControl) => "actor holds control characters.",
            { Details.Count: > MaxDetails } => $"details are at most {MaxDetails}.",
            _ when what.Details?.Any(d => d.Key.Length > MaxDetail || d.Value is null or { Length: > MaxDetail })
                    ?? false => $"a detail is at most {MaxDetail} characters.",
            _ => null,
        };

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,40}(\.[a-z][a-z0-9_]{0,40}){1,3}\z")]
    private static partial Regex EventName();
}
