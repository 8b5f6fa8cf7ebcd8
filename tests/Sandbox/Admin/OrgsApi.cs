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
        orgs.MapGet("", (SandboxState state) => TypedResults.Ok(state.Orgs.All.Select(org => View(org, state))));
        orgs.MapPost("", Add);
        orgs.MapDelete("/{org}/keys/{keyId}", DeleteKey);
        orgs.MapDelete("/{org}/grants", RevokeGrants);
        orgs.MapPut("/{org}/app", SetApp);
        orgs.MapPut("/{org}/user", SetUser);
        orgs.MapPut("/{org}/otlp", SetOtlp);
        return admin;
    }

    private static IResult Add(NewOrg wanted, SandboxState state)
    {
        if (SiteTable.Find(wanted.Site) is not { } site || string.IsNullOrWhiteSpace(wanted.Name))
        {
            return TypedResults.BadRequest(new { error = "An org has a name, and a site of the nine." });
        }

        var org = state.Orgs.Add(site, wanted.Name, wanted.SubDomain, wanted.CanCreateKeys, wanted.AllowedScopes);
        return TypedResults.Created((string?)null, View(org, state));
    }

    private static IResult DeleteKey(string org, string keyId, SandboxState state)
    {
        if (state.Orgs.Find(org)?.Keys.FirstOrDefault(key => key.Id == keyId) is not { } key)
        {
            return TypedResults.NotFound();
        }

        key.Live = false;
        return TypedResults.NoContent();
    }

    private static IResult RevokeGrants(string org, SandboxState state)
    {
        if (state.Orgs.Find(org) is not { } found)
        {
            return TypedResults.NotFound();
        }

        state.Grants.RevokeAll(found);
        return TypedResults.NoContent();
    }

    // datadog-facts 2.7: disabling ends every authorization, and enabling again brings none of them back.
    private static IResult SetApp(string org, AppState app, SandboxState state)
    {
        if (state.Orgs.Find(org) is not { } found)
        {
            return TypedResults.NotFound();
        }

        found.AppDisabled = app.Disabled;
        if (app.Disabled)
        {
            state.Grants.RevokeAll(found);
        }

        return TypedResults.NoContent();
    }

    private static IResult SetUser(string org, UserState user, SandboxState state)
    {
        if (state.Orgs.Find(org) is not { } found)
        {
            return TypedResults.NotFound();
        }

        found.UserDisabled = user.Disabled;
        return TypedResults.NoContent();
    }

    private static IResult SetOtlp(string org, OtlpState otlp, SandboxState state)
    {
        if (state.Orgs.Find(org) is not { } found)
        {
            return TypedResults.NotFound();
        }

        found.OtlpAllowed = otlp.Allowed;
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

    internal sealed record NewOrg(
        string Site,
        string Name,
        string? SubDomain = null,
        bool CanCreateKeys = true,
        IReadOnlyList<string>? AllowedScopes = null
    );

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

    internal sealed record KeyView(string Id, string Last4, string ClientId, bool Live);

    internal sealed record GrantView(string Id, string ClientId, IReadOnlyList<string> Scopes, bool Revoked)
    {
        public static GrantView Of(Grant grant) => new(grant.Id, grant.Client.Id, grant.Scopes, grant.Revoked);
    }
}
