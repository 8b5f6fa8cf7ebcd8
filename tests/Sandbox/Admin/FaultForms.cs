using System.Globalization;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Admin;

/// <summary>The faults in force, and the forms that add one, clear all, hold and release.</summary>
internal static class FaultForms
{
    private static readonly string[] Columns = ["Action", "Site", "Organisation", "Path", "How", "Met"];

    private static readonly (FaultAction Action, string Text)[] Actions =
    [
        (FaultAction.Status, "Answer with a status"),
        (FaultAction.Delay, "Delay"),
        (FaultAction.Hang, "Hang"),
        (FaultAction.Reset, "Reset the connection"),
        (FaultAction.LostAnswer, "Process, and lose the answer"),
        (FaultAction.Truncated, "Process, and cut the answer"),
        (FaultAction.Drip, "Process, and drip the answer"),
    ];

    public static string Of(SandboxState state) =>
        $"""
            {InForce(state)}
            <form method="post" action="{PageActions.AddFault}">
            <fieldset>
            <legend>Inject a fault</legend>
            <div class="fields">
            <div><label for="action">What</label>
            <select id="action" name="action">{Choices()}</select></div>
            <div><label for="site">Site</label>
            <select id="site" name="site">{Option("", "any")}{Sites()}</select></div>
            <div><label for="org">Organisation</label>
            <select id="org" name="org">{Option("", "any")}{Orgs(state)}</select></div>
            <div><label for="path">Path, may end in *</label>
            <input id="path" name="path" placeholder="/api/v2/logs" autocapitalize="off" spellcheck="false"></div>
            <div><label for="contains">Body contains</label>
            <input id="contains" name="contains" placeholder="anything" autocapitalize="off" spellcheck="false"></div>
            <div><label for="status">Status</label>
            <input id="status" name="status" type="number" min="200" max="599" value="500"></div>
            <div><label for="delayMs">Delay, ms</label>
            <input id="delayMs" name="delayMs" type="number" min="0" value="1000"></div>
            <div><label for="count">How many times</label>
            <input id="count" name="count" type="number" min="1" placeholder="until cleared"></div>
            <div><label for="probability">Probability</label>
            <input id="probability" name="probability" type="number" min="0" max="1" step="any" value="1"></div>
            </div>
            <p class="actions"><button>Inject</button>
            <button class="plain" formaction="{PageActions.Hold}">Hold instead: data waits until released</button></p>
            </fieldset>
            </form>
            <div class="actions">
            {Html.Button(PageActions.ClearFaults, "Clear all faults", "Clear all faults")}
            {Html.Button(PageActions.Release, "Release what is held", "Release what is held")}
            </div>
            """;

    private static string InForce(SandboxState state)
    {
        var faults = state.Faults.All;
        var table = faults is []
            ? "<p>None in force.</p>"
            : Html.Table(Columns, faults.Select(f => Row(f.Fault, f.Met, state)));
        return $"{table}<p>Requests held: {state.Holds.Waiting}.</p>";
    }

    private static string[] Row(Fault fault, int met, SandboxState state) =>
        [
            Actions.First(a => a.Action == fault.Action).Text,
            Html.Encode(fault.Filter.Site ?? "any"),
            Html.Encode(fault.Filter.Org is { } org ? state.Orgs.Find(org)?.Name ?? org : "any"),
            $"<code>{Html.Encode(fault.Filter.Path ?? "any")}</code>",
            Html.Encode(string.Join(", ", How(fault))),
            met.ToString(CultureInfo.InvariantCulture),
        ];

    private static IEnumerable<string> How(Fault fault)
    {
        if (fault.Action is FaultAction.Status)
        {
            yield return $"{fault.Status}";
        }

        if (fault.Action is FaultAction.Delay or FaultAction.Drip)
        {
            yield return $"{fault.DelayMs} ms";
        }

        if (fault.Contains is { } text)
        {
            yield return $"bodies with \"{text}\"";
        }

        if (fault.Probability < 1)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"probability {fault.Probability}");
        }

        yield return fault.Count is { } count ? $"{count} times" : "until cleared";
    }

    private static string Choices() => string.Concat(Actions.Select(a => Option($"{a.Action}", a.Text)));

    private static string Sites() => string.Concat(SiteTable.All.Select(site => Option(site.Name, site.Name)));

    private static string Orgs(SandboxState state) =>
        string.Concat(state.Orgs.All.Select(org => Option(org.Id, $"{org.Name} ({org.Site.Name})")));

    private static string Option(string value, string text) =>
        $"""<option value="{Html.Encode(value)}">{Html.Encode(text)}</option>""";
}
