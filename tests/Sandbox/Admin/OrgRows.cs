using Partner.Sandbox.OAuth;

namespace Partner.Sandbox.Admin;

/// <summary>An org as a row of the page, with what its people may do to a partner.</summary>
internal static class OrgRows
{
    public static readonly string[] Columns = ["Site", "Organisation", "User", "API keys", "Grants", "Tile"];

    public static string[] Of(Org org, SandboxState state) =>
        [
            Html.Encode(org.Site.Name),
            Html.Encode(org.Name) + (org.AppDisabled ? " (app disabled)" : ""),
            User(org),
            Keys(org),
            Grants(org, state),
            string.Concat(state.Clients.Select(client => Link(org, client))),
        ];

    private static string User(Org org) =>
        (org.UserDisabled ? "disabled " : "")
        + Html.Button(
            PageActions.SetUser,
            org.UserDisabled ? "Enable" : "Disable",
            $"{(org.UserDisabled ? "Enable" : "Disable")} the user of {org.Name}",
            ("org", org.Id),
            ("disabled", org.UserDisabled ? "false" : "true")
        );

    private static string Keys(Org org) =>
        List(
            org.Keys.Where(key => key.Live)
                .Select(key =>
                    $"<code>…{key.Last4}</code> "
                    + Html.Button(
                        PageActions.RevokeKey,
                        "Revoke",
                        $"Revoke key ending in {key.Last4} of {org.Name}",
                        ("org", org.Id),
                        ("key", key.Id)
                    )
                ),
            org.Keys.Count(key => !key.Live)
        );

    private static string Grants(Org org, SandboxState state)
    {
        var grants = state.Grants.Of(org).ToList();
        return List(
            grants
                .Where(grant => !grant.Revoked)
                .Select(grant =>
                    $"""{Html.Encode(grant.Client.Name)} <small>{Html.Encode(string.Join(' ', grant.Scopes))}</small> """
                    + Html.Button(
                        PageActions.RevokeGrant,
                        "Revoke",
                        $"Revoke the grant of {grant.Client.Name} in {org.Name}",
                        ("org", org.Id),
                        ("grant", grant.Id)
                    )
                ),
            grants.Count(grant => grant.Revoked)
        );
    }

    private static string List(IEnumerable<string> live, int revoked)
    {
        var items = live.Select(item => $"<div class=\"item\">{item}</div>").ToList();
        return string.Concat(items)
            + (
                revoked > 0 ? $"<small>{revoked} revoked</small>"
                : items is [] ? "none"
                : ""
            );
    }

    private static string Link(Org org, Client client)
    {
        var address = $"/_sandbox/tile?org={Uri.EscapeDataString(org.Id)}&client={Uri.EscapeDataString(client.Id)}";
        var label = Html.Encode($"Connect {client.Name} to {org.Name}");
        return $"""<a href="{Html.Encode(address)}" aria-label="{label}">Connect {Html.Encode(client.Name)}</a> """;
    }
}
