using System.Text;
using Partner.Egress;

namespace Partner.Auth.Connect;

/// <summary>The pages' words. All text from outside is encoded.</summary>
internal static class ConnectPages
{
    /// <summary>
    /// Says whose account is about to get the data connection: so no customer connects to a stranger's by a link.
    /// </summary>
    public static HtmlPage Confirm(
        ConnectSession session,
        string? siteName,
        IReadOnlyList<DatadogSite> choices,
        string handle,
        string formToken
    )
    {
        var tenant = HtmlPage.Encode(session.TenantName);
        var where = siteName is null ? "" : $" on <strong>{HtmlPage.Encode(siteName)}</strong>";
        var which = session.Connection is null
            ? $"Your Datadog organisation{where} will be connected to the account <strong>{tenant}</strong>."
            : $"The connection of the account <strong>{tenant}</strong>{where} will be authorised again. Choose the Datadog organisation that was connected before.";
        return new HtmlPage(
            "Connect Datadog",
            $"""
            <h1>Connect Datadog to {tenant}</h1>
            <p>{which}
            If that is not your account, close this page.</p>
            <form method="post" action="/connect">
            <input type="hidden" name="session" value="{HtmlPage.Encode(handle)}">
            <input type="hidden" name="token" value="{HtmlPage.Encode(formToken)}">
            {(siteName is null ? Picker(choices) : "")}
            <button type="submit">Continue to Datadog</button>
            </form>
            <p>Datadog asks for your agreement next.</p>
            """,
            hasForm: true
        );
    }

    public static HtmlPage Done() =>
        new(
            "Connected",
            $"""
            <h1>Datadog is connected</h1>
            <p>You may close this tab. The connection is shown in {Brand.Placeholder}.</p>
            """
        );

    public static HtmlPage Start(string signInUrl) =>
        new(
            "Connect Datadog",
            $"""
            <h1>Connect Datadog</h1>
            <p>Start from the integration's tile in Datadog, or <a href="{HtmlPage.Encode(
                signInUrl
            )}">sign in to {Brand.Placeholder}</a>.</p>
            """
        );

    private static string Picker(IReadOnlyList<DatadogSite> choices)
    {
        var options = new StringBuilder(
            """
            <fieldset><legend>Where is your Datadog organisation?</legend>
            <label><input type="radio" name="site" value="" checked> I will choose at Datadog</label>
            """
        );
        foreach (var site in choices)
        {
            options.Append(
                $"""
                <label><input type="radio" name="site" value="{HtmlPage.Encode(site.Parameter.Text)}"> {HtmlPage.Encode(
                    site.Name
                )} ({HtmlPage.Encode(site.AppHost)})</label>
                """
            );
        }

        return options.Append("</fieldset>").ToString();
    }
}
