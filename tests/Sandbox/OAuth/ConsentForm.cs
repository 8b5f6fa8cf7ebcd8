using System.Text;

namespace Partner.Sandbox.OAuth;

/// <summary>
/// The form of the consent page. It offers the orgs of other sites too: switching region here is what real users do.
/// </summary>
internal static class ConsentForm
{
    public static string Of(AuthorizeRequest request, DatadogHost host, SandboxState state)
    {
        var scopes = string.Concat(
            request.Client.Scopes.Select(scope => $"<li><code>{Html.Encode(scope)}</code></li>")
        );
        return $"""
            <p>{Html.Encode(request.Client.Name)} asks for access to a Datadog organisation.
            You are on {Html.Encode(host.Host)} ({host.Site.Name}).</p>
            <h2>It will be able to use</h2>
            <ul>{scopes}</ul>
            <form method="post" action="{AuthorizePage.Path}">
            {Hidden("response_type", "code")}
            {Hidden("client_id", request.Client.Id)}
            {Hidden("redirect_uri", request.RedirectUri)}
            {Hidden("code_challenge", request.Challenge)}
            {Hidden("code_challenge_method", request.Method)}
            {Hidden("state", request.State)}
            <label for="org">Organisation</label>
            <select id="org" name="org">{Options(host, state.Orgs)}</select>
            <p class="actions">
            <button name="decision" value="authorize">Authorize</button>
            <button name="decision" value="deny" class="plain">Deny</button>
            </p>
            </form>
            """;
    }

    private static string Options(DatadogHost host, Orgs orgs)
    {
        var isHere = orgs.All.ToLookup(org => org.AppHost == host.Host || org.Site == host.Site);
        var html = new StringBuilder();
        html.Append("<optgroup label=\"On this site\">");
        foreach (var org in isHere[true].OrderByDescending(org => org.AppHost == host.Host))
        {
            html.Append(Option(org));
        }

        html.Append("</optgroup><optgroup label=\"Switch region\">");
        foreach (var org in isHere[false])
        {
            html.Append(Option(org));
        }

        return html.Append("</optgroup>").ToString();
    }

    private static string Option(Org org) =>
        $"""<option value="{org.Id}">{Html.Encode(org.Name)} ({org.Site.Name})</option>""";

    private static string Hidden(string name, string? value) =>
        value is null ? "" : $"""<input type="hidden" name="{name}" value="{Html.Encode(value)}">""";
}
