using Microsoft.AspNetCore.WebUtilities;
using Partner.Sandbox.OAuth;

namespace Partner.Sandbox.Admin;

/// <summary>
/// "Connect Accounts" in the tile: the browser goes to the client's onboarding URL (datadog-facts 2.1, entry A).
/// </summary>
internal static class Tile
{
    public static IResult Open(SandboxState state, string? site = null, string? org = null, string? client = null)
    {
        var chosen = org is null
            ? state.Orgs.All.FirstOrDefault(o => o.Site == SiteTable.Find(site))
            : state.Orgs.Find(org);
        var opened = client is null ? state.Clients.FirstOrDefault() : state.FindClient(client);
        return chosen is null || opened is null
            ? TypedResults.NotFound(new { error = "No such site, org or client." })
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
