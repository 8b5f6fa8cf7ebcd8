using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Partner.Gateway.PartnerApi;

/// <summary>
/// The document for people: one page without script, and nothing from elsewhere. Own code beside Scalar, which is a
/// page of script.
/// </summary>
internal static class DocsPage
{
    private const string Style = """
        body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
        nav a { margin-right: 1rem; }
        summary { cursor: pointer; padding: .3rem 0; }
        code { font-family: ui-monospace, monospace; }
        table { border-collapse: collapse; margin: .5rem 0 1rem; }
        td, th { text-align: left; vertical-align: top; padding: .2rem 1rem .2rem 0; border-bottom: 1px solid #8886; }
        .method { display: inline-block; min-width: 4.5rem; font-weight: 600; }
        @media (prefers-color-scheme: dark) { body { background: #16181d; color: #e6e6e6; } a { color: #9bf; } }
        """;

    private static readonly string Policy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; "
        + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    public static ContentHttpResult Of(HttpContext context, JsonObject document)
    {
        context.Response.Headers.ContentSecurityPolicy = Policy;
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        var operations = Operations(document)
            .GroupBy(o => o.Tag)
            .OrderBy(tag => tag.Key, StringComparer.Ordinal)
            .ToArray();
        return TypedResults.Text(
            $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Text(document["info"]!["title"])}</title>
            <style>{Style}</style>
            </head>
            <body>
            <h1>{Text(document["info"]!["title"])}</h1>
            <p>{Text(document["info"]!["description"])}</p>
            <p><a href="/partner/v1/openapi.json">openapi.json</a></p>
            <nav>{string.Concat(operations.Select(tag => $"<a href=\"#{tag.Key}\">{tag.Key}</a>"))}</nav>
            <main>
            {string.Concat(
                operations.Select(tag => $"<h2 id=\"{tag.Key}\">{tag.Key}</h2>{string.Concat(tag.Select(o => o.Html))}")
            )}
            <h2 id="types">Types</h2>
            {string.Concat(document["components"]!["schemas"]!.AsObject().Select(Type))}
            </main>
            </body>
            </html>
            """,
            "text/html; charset=utf-8"
        );
    }

    private static IEnumerable<(string Tag, string Html)> Operations(JsonObject document) =>
        from path in document["paths"]!.AsObject()
        from operation in path.Value!.AsObject()
        select (operation.Value!["tags"]![0]!.GetValue<string>(), Operation(path.Key, operation.Key, operation.Value));

    private static string Operation(string path, string method, JsonNode operation) =>
        $"""
            <details>
            <summary><span class="method">{method.ToUpperInvariant()}</span> <code>{Text(path)}</code> {Text(
                operation["summary"]
            )}</summary>
            {Table(operation["parameters"]?.AsArray().Select(Parameter) ?? [])}
            {Body("Body", operation["requestBody"])}
            {string.Concat(operation["responses"]!.AsObject().Select(r => Body(r.Key, r.Value)))}
            </details>
            """;

    private static string Parameter(JsonNode? parameter) =>
        Row(
            Text(parameter!["name"]),
            $"{Text(parameter["in"])}, {Schema(parameter["schema"])}",
            Text(parameter["description"])
        );

    private static string Body(string name, JsonNode? body) =>
        body is null
            ? ""
            : $"<p><strong>{name}</strong>: {Text(body["description"])} "
                + $"{Schema(body["content"]?.AsObject().FirstOrDefault().Value?["schema"])}</p>";

    private static string Type(KeyValuePair<string, JsonNode?> type) =>
        $"""
        <h3 id="{type.Key}">{type.Key}</h3>
        <p>{Text(type.Value!["description"])} {(type.Value["properties"] is null ? Schema(type.Value) : "")}</p>
        {Table(type.Value["properties"]?.AsObject().Select(p =>
            Row(p.Key, Schema(p.Value), Text(p.Value!["description"]))) ?? [])}
        """;

    private static string Schema(JsonNode? schema) =>
        schema switch
        {
            null => "",
            _ when schema["$ref"] is { } reference => Link(reference.GetValue<string>().Split('/')[^1]),
            _ when schema["enum"] is JsonArray values => string.Join(
                ", ",
                values.Select(v => $"<code>{Text(v)}</code>")
            ),
            _ when schema["items"] is { } items => $"list of {Schema(items)}",
            _ when schema["oneOf"] is JsonArray either => string.Join(" or ", either.Select(Schema)),
            _ => Text(
                schema["format"]
                    ?? schema["pattern"]
                    ?? (
                        schema["type"] is JsonArray types
                            ? types.FirstOrDefault(t => t!.GetValue<string>() != "null")
                            : schema["type"]
                    )
            ),
        };

    private static string Table(IEnumerable<string> rows) => $"<table>{string.Concat(rows)}</table>";

    private static string Row(string name, string type, string text) =>
        $"<tr><td><code>{name}</code></td><td>{type}</td><td>{text}</td></tr>";

    private static string Link(string type) => $"<a href=\"#{type}\">{type}</a>";

    private static string Text(JsonNode? node) => WebUtility.HtmlEncode(node?.ToString() ?? "");
}
