using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Partner.Contracts;

/// <summary>The roles of the partner's credentials, and what each may do.</summary>
public static class PartnerRoles
{
    public const string Read = "read";
    public const string Manage = "manage";

    public static readonly IReadOnlyList<string> All = [Read, Manage];

    /// <param name="reads">The call changes nothing.</param>
    public static bool Allows(string? role, bool reads) =>
        role switch
        {
            Manage => true,
            Read => reads,
            _ => false,
        };

    /// <summary>
    /// The role in the caller's token has to allow the method. The gateway knows the roles too; a service does not rely
    /// on the gateway.
    /// </summary>
    public static TBuilder RequirePartnerRole<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder =>
        endpoints.AddEndpointFilter(
            async (context, next) =>
                Allows(
                    context.HttpContext.User.FindFirstValue(ClaimTypes.Role),
                    HttpMethods.IsGet(context.HttpContext.Request.Method)
                )
                    ? await next(context)
                    : PartnerProblems.Forbidden("role", "This credential's role does not allow that.")
        );
}
