using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Partner.Testing;

namespace Partner.Sandbox.Tests;

/// <summary>/_sandbox/openapi.json, against the routes that there are and the table in tests/Sandbox/README.md.</summary>
public sealed class AdminApiDescriptionTests
{
    private const string Prefix = "/_sandbox";

    [Fact]
    public async Task EveryRouteIsDescribedWithASummaryAndItsAnswers()
    {
        await using var world = await World.StartAsync();
        var mapped =
            from endpoint in world.Sandbox.Endpoints.OfType<RouteEndpoint>()
            let path = $"/{endpoint.RoutePattern.RawText!.Trim('/')}"
            where path.StartsWith($"{Prefix}/", StringComparison.Ordinal) && path != $"{Prefix}/openapi.json"
            from method in endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods
            select $"{method} {path}";

        var document = await DocumentAsync(world);
        var operations = OperationsOf(document).ToList();

        Assert.Equal(mapped.Order(), operations.Select(o => $"{o.Method} {Prefix}{o.Path}").Order());
        Assert.All(
            operations,
            o =>
            {
                Assert.NotEmpty(o.Summary);
                Assert.Contains(o.Node["responses"]!.AsObject(), answer => answer.Key[0] is '2' or '3');
                Assert.All(
                    o.Node["responses"]!.AsObject(),
                    answer => Assert.True(HasType(answer.Key, o, answer.Value!), $"{o.Method} {o.Path}: {answer.Key}")
                );
            }
        );
    }

    [Fact]
    public async Task TheTableOfTheReadmeIsTheDescription()
    {
        await using var world = await World.StartAsync();
        var document = await DocumentAsync(world);
        var expected = OperationsOf(document)
            .Select(o => $"| `{o.Method} {o.Path}` | {Takes(document, o.Node)} | {o.Summary} |");

        var rows = (await File.ReadAllLinesAsync(Repository.PathOf("tests/Sandbox/README.md"), World.Token))
            .SkipWhile(line => line != "| Call | Takes | What it does |")
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'));

        Assert.Equal(string.Join('\n', expected), string.Join('\n', rows));
    }

    private static async Task<JsonObject> DocumentAsync(World world)
    {
        var reply = await world.SendAsync(new(HttpMethod.Get, new Uri(world.Sandbox.Pages, $"{Prefix}/openapi.json")));
        return JsonNode.Parse(reply.Body)!.AsObject();
    }

    private static IEnumerable<Operation> OperationsOf(JsonObject document) =>
        from path in document["paths"]!.AsObject()
        from operation in path.Value!.AsObject()
        select new Operation(
            operation.Key.ToUpperInvariant(),
            path.Key[Prefix.Length..],
            operation.Value!["summary"]?.GetValue<string>() ?? "",
            operation.Value
        );

    // What comes with a body says of which type it is; an empty answer has none.
    private static bool HasType(string status, Operation operation, JsonNode answer) =>
        answer["content"] is JsonObject content
            ? content.All(type => type.Value!["schema"] is not null)
            : status is "204" or "302" or "404" || (status == "200" && operation.Method != "GET");

    // "?site=&org=" or "{site, name, subDomain?}".
    private static string Takes(JsonObject document, JsonNode operation)
    {
        var query =
            from parameter in operation["parameters"]?.AsArray() ?? []
            where parameter!["in"]!.GetValue<string>() == "query"
            select $"{parameter["name"]}=";
        return operation["requestBody"]?["content"]?["application/json"]?["schema"] is { } body
                ? $"`{{{string.Join(", ", FieldsOf(document, body))}}}`"
            : query.Any() ? $"`?{string.Join('&', query)}`"
            : "";
    }

    private static IEnumerable<string> FieldsOf(JsonObject document, JsonNode body)
    {
        var schema = body["oneOf"]?.AsArray().Single(one => one!["$ref"] is not null) ?? body;
        if (schema["$ref"]?.GetValue<string>() is { } reference)
        {
            schema = document["components"]!["schemas"]![reference.Split('/')[^1]]!;
        }

        var required = schema["required"]?.AsArray().Select(name => name!.GetValue<string>()).ToHashSet() ?? [];
        return schema["properties"]!
            .AsObject()
            .Select(field => required.Contains(field.Key) ? field.Key : $"{field.Key}?");
    }

    private sealed record Operation(string Method, string Path, string Summary, JsonNode Node);
}
