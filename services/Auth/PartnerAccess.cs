using Partner.ServiceDefaults;

namespace Partner.Auth;

/// <summary>Who may use the partner API: the gateway's token says which credential and role is behind the
/// call.</summary>
internal static class PartnerAccess
{
    public static RouteGroupBuilder RequirePartner(this RouteGroupBuilder group)
    {
        group.RequireCaller("partner");
        group.AddEndpointFilter(async (context, next) =>
        {
            var role = context.HttpContext.Caller().Claims.Role;
            var reads = HttpMethods.IsGet(context.HttpContext.Request.Method);
            return role switch
            {
                "operator" or "admin" => await next(context),
                "reader" when reads => await next(context),
                _ => Problems.Forbidden("role", "This credential's role does not allow that."),
            };
        });
        return group;
    }

    public static string Actor(this HttpContext context) => $"partner:{context.Caller().Claims.Actor}";
}
