using System.Net;
using System.Text.RegularExpressions;

namespace Partner.Demo;

/// <summary>A page as received.</summary>
public sealed partial record Page(Uri Address, int Status, string Html)
{
    /// <summary>The words of the page, without markup.</summary>
    public string Text => WebUtility.HtmlDecode(Space().Replace(Tag().Replace(Html, " "), " ")).Trim();

    internal Form FormWith(string button) =>
        FormElement()
            .Matches(Html)
            .Select(m => new Form(m.Groups["attributes"].Value, m.Groups["body"].Value))
            .FirstOrDefault(form => form.HasButton(button))
        ?? throw new InvalidOperationException($"No button '{button}' on {Address.AbsolutePath} ({Status}): {Text}");

    [GeneratedRegex("<(style|script)[^>]*>.*?</\\1>|<[^>]+>", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Tag();

    [GeneratedRegex("\\s+")]
    private static partial Regex Space();

    [GeneratedRegex("<form(?<attributes>[^>]*)>(?<body>.*?)</form>", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex FormElement();
}

/// <summary>A form of our own or the sandbox's pages: inputs, selects and buttons, enough of HTML for those.</summary>
internal sealed partial class Form(string attributes, string body)
{
    public string Action => Attribute(attributes, "action") ?? "";

    public bool HasButton(string button) => Buttons().Any(b => b.Text == button || b.Value == button);

    /// <param name="choices">Field to the value or the text (or part of it) of the option to choose.</param>
    public IEnumerable<KeyValuePair<string, string>> Fill(string button, IReadOnlyDictionary<string, string>? choices)
    {
        foreach (var input in Input().Matches(body).Select(m => m.Value))
        {
            if (
                Attribute(input, "name") is { } name
                && Attribute(input, "type") is not ("submit" or "checkbox" or "radio")
            )
            {
                yield return new(name, choices?.GetValueOrDefault(name) ?? Attribute(input, "value") ?? "");
            }
        }

        foreach (Match select in Select().Matches(body))
        {
            if (Attribute(select.Groups["attributes"].Value, "name") is { } name)
            {
                yield return new(name, Choose(select.Groups["body"].Value, choices?.GetValueOrDefault(name)));
            }
        }

        var pressed = Buttons().First(b => b.Text == button || b.Value == button);
        if (pressed.Name is not null)
        {
            yield return new(pressed.Name, pressed.Value ?? "");
        }
    }

    private static string Choose(string options, string? wanted)
    {
        var all = Option()
            .Matches(options)
            .Select(m =>
                (
                    Value: Attribute(m.Groups["attributes"].Value, "value"),
                    Text: WebUtility.HtmlDecode(m.Groups["body"].Value).Trim()
                )
            )
            .Select(o => (Value: o.Value ?? o.Text, o.Text))
            .ToList();
        if (wanted is null)
        {
            return all[0].Value;
        }

        var found = all.FindIndex(o => o.Value == wanted);
        found = found >= 0 ? found : all.FindIndex(o => o.Text.Contains(wanted, StringComparison.Ordinal));
        return found >= 0
            ? all[found].Value
            : throw new InvalidOperationException(
                $"'{wanted}' cannot be chosen among: {string.Join(", ", all.Select(o => o.Text))}"
            );
    }

    private IEnumerable<(string? Name, string? Value, string Text)> Buttons() =>
        Button()
            .Matches(body)
            .Select(m =>
                (
                    Attribute(m.Groups["attributes"].Value, "name"),
                    Attribute(m.Groups["attributes"].Value, "value"),
                    WebUtility.HtmlDecode(m.Groups["body"].Value).Trim()
                )
            );

    private static string? Attribute(string element, string name) =>
        Regex.Match(element, $"(?:^|\\s){name}\\s*=\\s*(?:\"([^\"]*)\"|'([^']*)')", RegexOptions.IgnoreCase)
            is { Success: true } match
            ? WebUtility.HtmlDecode(match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value)
            : null;

    [GeneratedRegex("<input[^>]*>", RegexOptions.IgnoreCase)]
    private static partial Regex Input();

    [GeneratedRegex(
        "<select(?<attributes>[^>]*)>(?<body>.*?)</select>",
        RegexOptions.Singleline | RegexOptions.IgnoreCase
    )]
    private static partial Regex Select();

    [GeneratedRegex("<option(?<attributes>[^>]*)>(?<body>[^<]*)", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Option();

    [GeneratedRegex(
        "<button(?<attributes>[^>]*)>(?<body>[^<]*)</button>",
        RegexOptions.Singleline | RegexOptions.IgnoreCase
    )]
    private static partial Regex Button();
}
