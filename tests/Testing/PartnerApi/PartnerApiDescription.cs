using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Xunit;

namespace Partner.Testing.PartnerApi;

/// <summary>
/// The partner API's OpenAPI document. Each service has its part in its folder, <c>openapi.json</c>; the gateway
/// serves them as one. A part is made from the endpoints as they are mapped and their types, and a test holds it
/// against them. Not by Microsoft.Extensions.ApiDescription.Server: it starts each service during its build, and ours
/// refuse to start without their keys and their database.
/// </summary>
public static partial class PartnerApiDescription
{
    private const string Name = "partner";
    private const string Prefix = "/partner/v1/";

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Before the app is built.</summary>
    public static void AddPartnerApiDescription(this IServiceCollection services) =>
        services.AddOpenApi(
            Name,
            options =>
            {
                options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
                options.ShouldInclude = endpoint =>
                    $"/{endpoint.RelativePath}".StartsWith(Prefix, StringComparison.Ordinal);
                options.AddSchemaTransformer<Schemas>();
                options.AddOperationTransformer(Operations.TransformAsync);
            }
        );

    /// <summary>The service's part says what the running app has; <paramref name="sender"/> is a sender's name.</summary>
    public static async Task AssertUpToDateAsync(WebApplication app, string folder, string? sender = null)
    {
        var provider = app.Services.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name);
        var document = await provider.GetOpenApiDocumentAsync(TestContext.Current.CancellationToken);
        var whole = JsonNode.Parse(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1))!;
        var text = PartOf(whole, sender).ToJsonString(Json) + "\n";
        var (file, fresh) = (
            Repository.PathOf($"{folder}/openapi.json"),
            Repository.PathOf($"artifacts/openapi/{folder}/openapi.json")
        );
        if (!File.Exists(file) || await File.ReadAllTextAsync(file) != text)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(fresh)!);
            await File.WriteAllTextAsync(fresh, text);
            Assert.Fail(
                $"{folder}/openapi.json is not what the endpoints are: look at artifacts/openapi/{folder}/openapi.json, and copy it there."
            );
        }

        AssertDescribed(app, folder, sender);
    }

    /// <summary>Every endpoint of the partner API that is mapped is in the part.</summary>
    public static void AssertDescribed(WebApplication app, string folder, string? sender = null)
    {
        var mapped =
            from endpoint in app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            let path = PathOf($"/{endpoint.RoutePattern.RawText!.TrimStart('/')}", sender)
            where path.StartsWith(Prefix, StringComparison.Ordinal)
            from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
            select $"{method} {path}";
        Assert.Equal([], mapped.Except(OperationsOf(folder)));
    }

    private static IEnumerable<string> OperationsOf(string folder)
    {
        var file = Repository.PathOf($"{folder}/openapi.json");
        return from path in JsonNode.Parse(File.ReadAllText(file))!["paths"]!.AsObject()
            from operation in path.Value!.AsObject()
            select $"{operation.Key.ToUpperInvariant()} {path.Key}";
    }

    private static JsonObject PartOf(JsonNode whole, string? sender)
    {
        var paths = whole["paths"]!
            .AsObject()
            .OrderBy(p => p.Key, StringComparer.Ordinal)
            .ToDictionary(p => PathOf(p.Key, sender), p => Described(p.Key, p.Value!.DeepClone(), sender));
        var schemas = whole["components"]
            ?["schemas"]?.AsObject()
            .OrderBy(s => s.Key, StringComparer.Ordinal)
            .ToDictionary(s => s.Key, s => s.Value?.DeepClone());
        return new JsonObject
        {
            ["paths"] = new JsonObject(paths!),
            ["components"] = new JsonObject { ["schemas"] = new JsonObject(schemas ?? []) },
        };
    }

    private static JsonNode Described(string path, JsonNode item, string? sender)
    {
        foreach (var (method, operation) in item.AsObject())
        {
            operation!["operationId"] = OperationIdOf(method, PathOf(path, sender));
            if (sender is not null)
            {
                var parameters = operation["parameters"]?.AsArray() ?? [];
                parameters.Insert(
                    0,
                    new JsonObject
                    {
                        ["name"] = "sender",
                        ["in"] = "path",
                        ["required"] = true,
                        ["schema"] = new JsonObject { ["type"] = "string" },
                    }
                );
                operation["parameters"] = parameters.DeepClone();
            }
        }

        return item;
    }

    // GET /partner/v1/tenants/{tenant}/connections: getTenantsByTenantConnections
    private static string OperationIdOf(string method, string path) =>
        method
        + string.Concat(
            path[Prefix.Length..]
                .Split('/', '-')
                .Select(part => part.StartsWith('{') ? $"By{Capital(part.Trim('{', '}'))}" : Capital(part))
        );

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    private static string PathOf(string path, string? sender)
    {
        var plain = Constraint().Replace(path, "{$1}").TrimEnd('/');
        return sender is null
            ? plain
            : plain.Replace($"/senders/{sender}/", "/senders/{sender}/", StringComparison.Ordinal);
    }

    // {id:guid}, {**path}
    [GeneratedRegex(@"\{\**(\w+)[^}]*\}")]
    private static partial Regex Constraint();
}
