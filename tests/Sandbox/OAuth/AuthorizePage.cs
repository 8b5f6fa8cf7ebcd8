using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.OAuth;

/// <summary>GET and POST /oauth2/v1/authorize on an app host: consent, and the way back to the partner.</summary>
internal static class AuthorizePage
{
    public const string Path = "/oauth2/v1/authorize";

    public static RouteGroupBuilder MapAuthorizePage(this RouteGroupBuilder routes)
    {
        routes.MapGet(Path, Show);
        routes.MapPost(Path, Decide);
        return routes;
    }

    private static Answer Show(HttpContext context, SandboxState state)
    {
        var query = context.Request.Query;
        var (request, refusal) = AuthorizeRequest.Read(name => query[name].FirstOrDefault(), state);
        return request is null
            ? refusal!
            : Html.Page($"Authorize {request.Client.Name}", ConsentForm.Of(request, context.Exchange().Host!, state));
    }

    private static async Task<IResult> Decide(HttpContext context, SandboxState state)
    {
        if (!context.Request.HasFormContentType)
        {
            return Answer.Errors(400, "invalid_request - Form expected.", Fact.ResponseType);
        }

        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var (request, refusal) = AuthorizeRequest.Read(name => form[name].FirstOrDefault(), state);
        if (request is null)
        {
            return refusal!;
        }

        if (form["decision"] != "authorize")
        {
            return Deny(context, request, state.Settings);
        }

        var host = context.Exchange().Host!;
        var org = form["org"].FirstOrDefault() is { Length: > 0 } named
            ? state.Orgs.Find(named)
            : state.Orgs.At(host.Site).First();
        return org switch
        {
            null => Html.Page("No such organisation", "<p>Choose another one.</p>", 404, Fact.UnknownOrg),
            { AppDisabled: true } => Html.Page(
                "This application is disabled",
                $"<p>An administrator of {Html.Encode(org.Name)} has disabled {Html.Encode(request.Client.Name)}.</p>",
                403,
                Fact.AppDisabled
            ),
            _ => Authorize(context, request, org, state),
        };
    }

    // datadog-facts 2.4. Every parameter but code and domain is seen in partners' code alone, so each has a switch.
    private static SeeOther Authorize(HttpContext context, AuthorizeRequest request, Org org, SandboxState state)
    {
        var settings = state.Settings;
        var code = state.Grants.Issue(request.Client, org, request.RedirectUri, request.Challenge);
        return SeeOther.To(
            request.RedirectUri,
            new()
            {
                ["code"] = code,
                ["domain"] = settings.SendDomain ? org.Site.Parameter : null,
                ["site"] = settings.SendSite ? settings.Format(AppHost(context.Exchange().Host!, org)) : null,
                ["client_id"] = settings.SendClientId ? request.Client.Id : null,
                ["dd_oid"] = settings.SendDdOid ? (settings.OidEqualsOrgUuid ? org.Id : org.Oid) : null,
                ["dd_org_name"] = settings.SendDdOrgName ? org.Name : null,
                ["state"] = settings.EchoState ? request.State : null,
            }
        );
    }

    private static SeeOther Deny(HttpContext context, AuthorizeRequest request, Settings settings)
    {
        context.Exchange().Fact = Fact.Denied;
        return SeeOther.To(
            request.RedirectUri,
            new()
            {
                ["error"] = "access_denied",
                ["error_description"] = "The user denied the request.",
                ["state"] = settings.EchoState ? request.State : null,
            }
        );
    }

    // A custom sub-domain stays what the user typed, wherever the org lives (datadog-facts 1.3).
    private static string AppHost(DatadogHost asked, Org org) =>
        SiteTable.FindHost(asked.Host) is null ? asked.Host : org.AppHost;
}
