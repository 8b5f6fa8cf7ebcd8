using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Partner.Gateway.Ingest;

namespace Partner.Gateway.PartnerApi;

/// <summary>
/// The OpenAPI document of the whole partner API: each service's part, which its tests hold against its endpoints, is
/// built into the gateway, so that the document is there whichever service is away.
/// </summary>
internal sealed class ApiDocument(IOptions<SendersOptions> senders)
{
    private const string Prefix = "openapi/";
    private const string Base = "openapi/Gateway/PartnerApi/";

    private readonly Lazy<JsonObject> _whole = new(() => Merge([.. senders.Value.Keys.Order(StringComparer.Ordinal)]));

    public JsonObject Whole => _whole.Value;

    private static JsonObject Merge(string[] senders)
    {
        var names = Assembly
            .GetExecutingAssembly()
            .GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ToArray();
        var whole = Read(names.Single(name => name.StartsWith(Base, StringComparison.Ordinal)));
        var (paths, schemas) = (whole["paths"]!.AsObject(), whole["components"]!["schemas"]!.AsObject());
        foreach (var part in names.Where(name => !name.StartsWith(Base, StringComparison.Ordinal)).Select(Read))
        {
            Add(paths, part["paths"]!.AsObject());
            Add(schemas, part["components"]!["schemas"]!.AsObject());
        }

        foreach (var sender in paths.SelectMany(ParametersOf).Where(p => p["name"]!.GetValue<string>() == "sender"))
        {
            sender["schema"]!["enum"] = new JsonArray([.. senders.Select(name => JsonValue.Create(name))]);
        }

        return whole;
    }

    private static IEnumerable<JsonNode> ParametersOf(KeyValuePair<string, JsonNode?> path) =>
        path.Value!.AsObject().SelectMany(operation => operation.Value!["parameters"]?.AsArray() ?? []).Select(p => p!);

    private static void Add(JsonObject whole, JsonObject part)
    {
        foreach (var (name, value) in part)
        {
            if (whole[name] is { } known && !JsonNode.DeepEquals(known, value))
            {
                throw new InvalidOperationException($"Two services say different things of {name}.");
            }

            whole[name] = value?.DeepClone();
        }
    }

    private static JsonObject Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        return JsonNode.Parse(stream)!.AsObject();
    }
}
