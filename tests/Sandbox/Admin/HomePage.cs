using System.Globalization;
using Partner.Sandbox.OAuth;

namespace Partner.Sandbox.Admin;

/// <summary>The page at /: the orgs, a tile link into each, and what arrived.</summary>
internal static class HomePage
{
    private static readonly string[] OrgColumns = ["Site", "Organisation", "Live keys", "Start from the tile"];

    public static RouteGroupBuilder MapHomePage(this RouteGroupBuilder routes)
    {
        routes.MapGet("/", Show);
        return routes;
    }

    private static Answer Show(SandboxState state) => Html.Page(
        "Datadog sandbox",
        $"""
        <p>Nine sites, their orgs, and what reached them. The same as JSON:
        <a href="/_sandbox/orgs">orgs</a>, <a href="/_sandbox/arrivals">arrivals</a>,
        <a href="/_sandbox/requests">requests</a>, <a href="/_sandbox/settings">settings</a>.</p>
        <h2>Organisations</h2>
        {Table(OrgColumns, state.Orgs.All.Select(org => Row(org, state)))}
        <h2>Arrivals</h2>
        {Arrivals(state)}
        """);

    private static string[] Row(Org org, SandboxState state) =>
    [
        Html.Encode(org.Site.Name),
        Html.Encode(org.Name),
        org.Keys.Count(key => key.Live).ToString(CultureInfo.InvariantCulture),
        string.Join(", ", state.Clients.Select(client => Link(org, client))),
    ];

    private static string Link(Org org, Client client)
    {
        var address = $"/_sandbox/tile?org={Uri.EscapeDataString(org.Id)}&client={Uri.EscapeDataString(client.Id)}";
        var text = $"Connect {client.Name} to {org.Name}";
        return $"""<a href="{Html.Encode(address)}">{Html.Encode(text)}</a>""";
    }

    private static string Arrivals(SandboxState state) => state.Arrivals.All is not [_, ..] arrivals
        ? "<p>Nothing yet.</p>"
        : Table(["Host", "Path", "Organisation", "Requests", "Items"], arrivals.Select(a => new[]
        {
            Html.Encode(a.Host), Html.Encode(a.Path), Html.Encode(a.OrgName), $"{a.Requests}", $"{a.Items}",
        }));

    private static string Table(string[] head, IEnumerable<string[]> rows) =>
        $"""
        <div class="table"><table>
        <thead><tr>{Cells("th scope=\"col\"", "th", head)}</tr></thead>
        <tbody>{string.Concat(rows.Select(row => $"<tr>{Cells("td", "td", row)}</tr>"))}</tbody>
        </table></div>
        """;

    private static string Cells(string open, string close, IEnumerable<string> cells) =>
        string.Concat(cells.Select(cell => $"<{open}>{cell}</{close}>"));
}
