using Microsoft.AspNetCore.Http.HttpResults;
using Partner.Sandbox.OAuth;

namespace Partner.Sandbox.Admin;

/// <summary>
/// Customers' orgs: made, looked at, and what their people do to a partner: delete its key, revoke it, disable it.
/// </summary>
internal static class OrgsApi
{
    public static RouteGroupBuilder MapOrgsApi(this RouteGroupBuilder admin)
    {
        var orgs = admin.MapGroup("/orgs");
        orgs.MapGet("", All).WithSummary("Every org with its keys and grants; each site has one from the start");
        orgs.MapPost("", Add).WithSummary("A new org");
        orgs.MapPost("/{org}/keys", AddKey)
            .WithSummary("An API key that the org's own people make, without OAuth; shown once");
        orgs.MapDelete("/{org}/keys/{keyId}", DeleteKey).WithSummary("Deletes an API key");
        orgs.MapDelete("/{org}/grants", RevokeGrants).WithSummary("Revokes every grant of the org");
        orgs.MapPut("/{org}/app", SetApp).WithSummary("Disables or enables the OAuth clients in the org");
        orgs.MapPut("/{org}/user", SetUser).WithSummary("Disables or enables the user who authorized");
        orgs.MapPut("/{org}/otlp", SetOtlp).WithSummary("Whether the OTLP host of the org's site takes its spans");
        return admin;
    }

    private static Ok<OrgView[]> All(SandboxState state) =>
        TypedResults.Ok(state.Orgs.All.Select(org => View(org, state)).ToArray());

    private static Results<Created<OrgView>, BadRequest<Slip>> Add(NewOrg wanted, SandboxState state)
    {
        if (SiteTable.Find(wanted.Site) is not { } site || string.IsNullOrWhiteSpace(wanted.Name))
        {
            return TypedResults.BadRequest(new Slip("An org has a name, and a site of the nine."));
        }

        var org = state.Orgs.Add(site, wanted.Name, wanted.SubDomain, wanted.CanCreateKeys, wanted.AllowedScopes);
        return TypedResults.Created((string?)null, View(org, state));
    }

    private static Results<Created<NewKey>, NotFound> AddKey(string org, SandboxState state)
    {
        if (state.Orgs.Find(org) is not { } found)
        {
            return TypedResults.NotFound();
        }

        var key = state.Orgs.AddKey(found);
        return TypedResults.Created((string?)null, new NewKey(key.Id, state.Issued.Add("api-key", key.Value)));
    }

    private static Results<NoContent, NotFound> DeleteKey(string org, string keyId, SandboxState state)
    {
        if (state.Orgs.Find(org)?.Keys.FirstOrDefault(key => key.Id == keyId) is not { } key)
        {
            return TypedResults.NotFound();
        }

        key.Live = false;
        return TypedResults.NoContent();
    }

    private static Results<NoContent, NotFound> RevokeGrants(string org, SandboxState state) =>
        Change(org, state, state.Grants.RevokeAll);

    // datadog-facts 2.7: disabling ends every authorization, and enabling again brings none of them back.
    private static Results<NoContent, NotFound> SetApp(string org, AppState app, SandboxState state) =>
        Change(
            org,
            state,
            found =>
            {
                found.AppDisabled = app.Disabled;
                if (app.Disabled)
                {
                    state.Grants.RevokeAll(found);
                }
            }
        );

    private static Results<NoContent, NotFound> SetUser(string org, UserState user, SandboxState state) =>
        Change(org, state, found => found.UserDisabled = user.Disabled);

    private static Results<NoContent, NotFound> SetOtlp(string org, OtlpState otlp, SandboxState state) =>
        Change(org, state, found => found.OtlpAllowed = otlp.Allowed);

    private static Results<NoContent, NotFound> Change(string org, SandboxState state, Action<Org> change)
    {
        if (state.Orgs.Find(org) is not { } found)
        {
            return TypedResults.NotFound();
        }

        change(found);
        return TypedResults.NoContent();
    }

    private static OrgView View(Org org, SandboxState state) =>
        new(
            org.Site.Name,
            org.Name,
            org.Id,
            org.Oid,
            org.UserId,
            org.AppDisabled,
            org.UserDisabled,
            org.OtlpAllowed,
            [.. org.Keys.Select(key => new KeyView(key.Id, key.Last4, key.ClientId, key.Live))],
            [.. state.Grants.Of(org).Select(GrantView.Of)]
        );

    /// <param name="Site">As in us3.</param>
    /// <param name="Name">What its people call it; it may be named so here.</param>
    /// <param name="SubDomain">The label of an app host of its own.</param>
    /// <param name="CanCreateKeys">Whether its user may have an API key made.</param>
    /// <param name="AllowedScopes">What its admins let OAuth clients have; left out: everything.</param>
    internal sealed record NewOrg(
        string Site,
        string Name,
        string? SubDomain = null,
        bool CanCreateKeys = true,
        IReadOnlyList<string>? AllowedScopes = null
    );

    internal sealed record NewKey(string Id, string Key);

    internal sealed record AppState(bool Disabled);

    internal sealed record UserState(bool Disabled);

    internal sealed record OtlpState(bool Allowed);

    internal sealed record OrgView(
        string Site,
        string Name,
        string Id,
        string Oid,
        string UserId,
        bool AppDisabled,
        bool UserDisabled,
        bool OtlpAllowed,
        IReadOnlyList<KeyView> Keys,
        IReadOnlyList<GrantView> Grants
    );

    internal sealed record KeyView(string Id, string Last4, string? ClientId, bool Live);

    /// <param name="Refreshes">How often its tokens were renewed.</param>
    /// <param name="Repeats">How often a refresh token came that had been rotated before.</param>
    internal sealed record GrantView(
        string Id,
        string ClientId,
        IReadOnlyList<string> Scopes,
        bool Revoked,
        int Refreshes,
        int Repeats
    )
    {
        public static GrantView Of(Grant grant) =>
            new(grant.Id, grant.Client.Id, grant.Scopes, grant.Revoked, grant.Refreshes, grant.Repeats);
    }
}
