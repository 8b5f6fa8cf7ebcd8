using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Partner.Sandbox.OAuth;

namespace Partner.Sandbox.Admin;

/// <summary>
/// "Connect Accounts" in the tile: the browser goes to the client's onboarding URL (datadog-facts 2.1, entry A).
/// </summary>
internal static class Tile
{
    public static Results<RedirectHttpResult, NotFound<Slip>> Open(
        SandboxState state,
        [Description("As in us3.")] string? site = null,
        [Description("Id, oid or name; goes before the site.")] string? org = null,
        [Description("An OAuth client's id; the first, if left out.")] string? client = null
    )
    {
        var chosen = org is null
            ? state.Orgs.All.FirstOrDefault(o => o.Site == SiteTable.Find(site))
            : state.Orgs.Find(org);
        var opened = client is null ? state.Clients.FirstOrDefault() : state.FindClient(client);
        return chosen is null || opened is null
            ? TypedResults.NotFound(new Slip("No such site, org or client."))
            : TypedResults.Redirect(Address(opened, chosen, state.Settings));
    }

    private static string Address(Client client, Org org, Settings settings)
    {
        var parameters = new Dictionary<string, string?>();
        if (settings.Onboarding is Onboarding.Both or Onboarding.Domain)
        {
            parameters["domain"] = org.Site.Parameter;
        }

        if (settings.Onboarding is Onboarding.Both or Onboarding.Site)
        {
            parameters["site"] = settings.Format(org.AppHost);
        }

        return QueryHelpers.AddQueryString(client.OnboardingUrl, parameters);
    }
}
