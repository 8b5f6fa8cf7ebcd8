using System.Text.Encodings.Web;

namespace Partner.Sandbox;

/// <summary>Plain pages that work without a script, on a phone and with a screen reader.</summary>
internal static class Html
{
    private const string Style = """
        :root { color-scheme: light dark; }
        body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
        h1 { font-size: 1.5rem; } h2 { font-size: 1.125rem; margin-top: 2rem; }
        label { display: block; font-weight: 600; }
        select, button, input { font: inherit; min-height: 2.75rem; padding: 0 1rem; max-width: 100%; }
        select, input { box-sizing: border-box; }
        button { cursor: pointer; }
        button { background: #4b2a83; color: #fff; border: 1px solid #4b2a83; border-radius: .25rem; }
        button.plain { background: none; color: inherit; border-color: currentColor; }
        .actions { display: flex; flex-wrap: wrap; gap: 1rem; }
        .table { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8886; }
        th, td { vertical-align: top; } td form { display: inline; }
        td button { min-height: 2rem; padding: 0 .75rem; white-space: nowrap; }
        td:first-child { white-space: nowrap; }
        .item { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .5rem; margin-bottom: .25rem; }
        fieldset { border: 1px solid #8886; border-radius: .25rem; margin: 0 0 1rem; min-width: 0; }
        legend { font-weight: 600; }
        .fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 1rem; }
        .fields select, .fields input { width: 100%; }
        code { overflow-wrap: anywhere; }
        @media (max-width: 48rem) {
            thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
            tr { display: block; padding: .5rem 0; border-bottom: 1px solid #8886; }
            td { display: flex; gap: .75rem; border: 0; padding: .25rem 0; }
            td::before { content: attr(data-label); flex: 0 0 7.5rem; font-weight: 600; }
            td button { min-height: 2.75rem; }
            td .item { margin: 0; }
        }
        """;

    public static string Encode(string text) => HtmlEncoder.Default.Encode(text);

    /// <summary>Cells are HTML already. On a phone each row becomes a list of the columns' names and values.</summary>
    public static string Table(string[] head, IEnumerable<string[]> rows) =>
        $"""
            <div class="table"><table>
            <thead><tr>{string.Concat(head.Select(name => $"<th scope=\"col\">{name}</th>"))}</tr></thead>
            <tbody>{string.Concat(rows.Select(row => $"<tr>{Cells(head, row)}</tr>\n"))}</tbody>
            </table></div>
            """;

    /// <summary>A form of one button; the label says what it does to someone who does not see where it is.</summary>
    public static string Button(
        string action,
        string text,
        string label,
        params (string Name, string Value)[] fields
    ) =>
        $"""
        <form method="post" action="{action}">{string.Concat(fields.Select(field =>
            $"""<input type="hidden" name="{field.Name}" value="{Encode(field.Value)}">"""))}<button
        class="plain" aria-label="{Encode(label)}">{Encode(text)}</button></form>
        """;

    private static string Cells(string[] head, string[] row) =>
        string.Concat(row.Zip(head, (cell, name) => $"<td data-label=\"{name}\"><div>{cell}</div></td>"));

    public static Answer Page(string title, string body, int status = 200, string? fact = null) =>
        new(
            status,
            $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Encode(title)} - Datadog sandbox</title>
            <style>{Style}</style>
            </head>
            <body>
            <main>
            <h1>{Encode(title)}</h1>
            {body}
            </main>
            <footer><p>A sandbox for tests. It is not Datadog, and nothing here leaves this machine.</p></footer>
            </body>
            </html>
            """,
            fact,
            "text/html; charset=utf-8"
        );
}
