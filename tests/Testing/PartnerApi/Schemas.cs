using System.Collections.Concurrent;
using System.Reflection;
using System.Xml.Linq;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Partner.Contracts;

namespace Partner.Testing.PartnerApi;

/// <summary>Our own types, and what their XML comments say.</summary>
internal sealed class Schemas : IOpenApiSchemaTransformer
{
    private static readonly ConcurrentDictionary<Assembly, XDocument?> Comments = [];

    public Task TransformAsync(
        OpenApiSchema schema,
        OpenApiSchemaTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (type == typeof(Secret) || IsPrefixedId(type))
        {
            schema.Type = JsonSchemaType.String;
            schema.Pattern = PatternOf(type);
        }

        // Numbers are read from strings too, and need not be sent so.
        if (schema.Type is { } types && (types & (JsonSchemaType.Integer | JsonSchemaType.Number)) != 0)
        {
            (schema.Type, schema.Pattern) = (types & ~JsonSchemaType.String, null);
        }

        // What may be null may be left out of a request.
        if (context.ParameterDescription is not null && schema.Required is { } required)
        {
            required.ExceptWith(
                schema.Properties!.Where(p => p.Value.Type?.HasFlag(JsonSchemaType.Null) ?? false).Select(p => p.Key)
            );
        }

        var property = context.JsonPropertyInfo?.AttributeProvider as MemberInfo;
        if ((property is null ? SummaryOf(type) : ParameterOf(property.DeclaringType!, property.Name)) is { } text)
        {
            schema.Description = text;
        }

        return Task.CompletedTask;
    }

    private static string? SummaryOf(Type type) => TextOf(MemberOf(type)?.Element("summary"));

    private static string? ParameterOf(Type type, string name) =>
        TextOf(MemberOf(type)?.Elements("param").FirstOrDefault(p => p.Attribute("name")?.Value == name));

    private static XElement? MemberOf(Type type) =>
        Comments
            .GetOrAdd(type.Assembly, Load)
            ?.Descendants("member")
            .FirstOrDefault(m => m.Attribute("name")?.Value == $"T:{type.FullName?.Replace('+', '.')}");

    private static XDocument? Load(Assembly assembly)
    {
        var file =
            assembly.FullName?.StartsWith("System.", StringComparison.Ordinal) ?? true
                ? null
                : Path.ChangeExtension(assembly.Location, "xml");
        return file is not null && File.Exists(file) ? XDocument.Load(file) : null;
    }

    private static string? TextOf(XElement? element)
    {
        if (element is null)
        {
            return null;
        }

        var words = element
            .Nodes()
            .Select(node =>
                node switch
                {
                    XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
                    XElement { Name.LocalName: "see" } see => see.Attribute("cref")?.Value.Split('.')[^1],
                    XElement other => other.Value,
                    _ => node.ToString(SaveOptions.DisableFormatting),
                }
            );
        return string.Join(' ', string.Concat(words).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    private static bool IsPrefixedId(Type type) =>
        type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IPrefixedId<>));

    private static string? PatternOf(Type type) =>
        type.GetProperty("Prefix", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) is string prefix
            ? $"^{prefix}[0-9a-f]{{32}}$"
            : null;
}
