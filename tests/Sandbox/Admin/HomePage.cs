using System.Globalization;

namespace Partner.Sandbox.Admin;

/// <summary>The page at /: the orgs and what a customer does in them, what arrived, and faults.</summary>
internal static class HomePage
{
    public static RouteGroupBuilder MapHomePage(this RouteGroupBuilder routes)
    {
        routes.MapGet("/", Show);
        return routes.MapPageActions();
    }

    private static Answer Show(HttpContext context, SandboxState state)
    {
        // A page with buttons must not be shown inside another one.
        context.Response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";
        context.Response.Headers.CacheControl = "no-store";
        return Html.Page(
            "Datadog sandbox",
            $"""
            <p>Nine sites, their orgs, and what reached them. The same as JSON:
            <a href="/_sandbox/orgs">orgs</a>, <a href="/_sandbox/arrivals">arrivals</a>,
            <a href="/_sandbox/faults">faults</a>, <a href="/_sandbox/requests">requests</a>,
            <a href="/_sandbox/settings">settings</a>.</p>
            <h2 id="orgs">Organisations</h2>
            {Html.Table(OrgRows.Columns, state.Orgs.All.Select(org => OrgRows.Of(org, state)))}
            <h2 id="arrivals">Arrivals</h2>
            {Arrivals(state)}
            <h2 id="faults">Faults</h2>
            {FaultForms.Of(state)}
            """
        );
    }

    private static string Arrivals(SandboxState state) =>
        state.Arrivals.All is not [_, ..] arrivals
            ? "<p>Nothing yet.</p>"
            : Html.Table(
                ["Type", "Organisation", "Address", "Requests", "Kept", "Truncated", "Dropped", "Bad key"],
                arrivals
                    .OrderBy(a => a.Type, StringComparer.Ordinal)
                    .Select(a =>
                        new[]
                        {
                            Html.Encode(a.Type),
                            Html.Encode(a.OrgName),
                            $"<code>{Html.Encode(a.Host + a.Path)}</code>",
                            Count(a.Requests),
                            Items(a.Org, a.Type, "kept", a.Items - a.Truncated),
                            Items(a.Org, a.Type, "truncated", a.Truncated),
                            Items(a.Org, a.Type, "dropped", a.Dropped),
                            Items(a.Org, a.Type, "bad-key", a.BadKey),
                        }
                    )
            );

    private static string Items(string org, string type, string fate, int count)
    {
        var address = $"/_sandbox/arrivals/items?org={org}&type={Uri.EscapeDataString(type)}&fate={fate}";
        return count == 0 || org == "" ? Count(count) : $"""<a href="{Html.Encode(address)}">{Count(count)}</a>""";
    }

    private static string Count(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
