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
        select, button { font: inherit; min-height: 2.75rem; padding: 0 1rem; max-width: 100%; }
        button { background: #4b2a83; color: #fff; border: 1px solid #4b2a83; border-radius: .25rem; }
        button.plain { background: none; color: inherit; border-color: currentColor; }
        .actions { display: flex; flex-wrap: wrap; gap: 1rem; }
        .table { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8886; }
        code { overflow-wrap: anywhere; }
        """;

    public static string Encode(string text) => HtmlEncoder.Default.Encode(text);

    public static Answer Page(string title, string body, int status = 200, string? fact = null) => new(
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
        "text/html; charset=utf-8");
}
