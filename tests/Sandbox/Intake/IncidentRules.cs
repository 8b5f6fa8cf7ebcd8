using System.Globalization;
using System.Text.Json.Nodes;

namespace Partner.Sandbox.Intake;

/// <summary>What a body has to have, for each of the four calls that write (datadog-facts 3.7).</summary>
internal static class IncidentRules
{
    private const int ImportTitleCharacters = 1_024;

    public static string? FaultOfCreate(JsonObject data) =>
        data["attributes"] switch
        {
            _ when FaultOfType(data, "incidents") is { } fault => fault,
            JsonObject attributes when Text(attributes, "title") is null or "" => "title is required",
            JsonObject attributes when Flag(attributes, "customer_impacted") is null => "customer_impacted is required",
            JsonObject attributes
                when Flag(attributes, "customer_impacted") is true
                    && string.IsNullOrEmpty(Text(attributes, "customer_impact_scope")) =>
                "customer_impact_scope is required when customer_impacted is true",
            JsonObject attributes => FaultOfFields(attributes),
            _ => "data.attributes is required",
        };

    public static string? FaultOfUpdate(JsonObject data, string id) =>
        data["attributes"] switch
        {
            _ when FaultOfType(data, "incidents") is { } fault => fault,
            _ when Text(data, "id") != id => "data.id is required and is the incident's",
            null => null,
            JsonObject attributes when attributes.ContainsKey("title") && Text(attributes, "title") is null or "" =>
                "title is empty",
            JsonObject attributes => FaultOfFields(attributes),
            _ => "data.attributes is not an object",
        };

    public static string? FaultOfImport(JsonObject data) =>
        data["attributes"] switch
        {
            _ when FaultOfType(data, "incidents") is { } fault => fault,
            JsonObject attributes when Text(attributes, "title") is null or "" => "title is required",
            JsonObject attributes when Text(attributes, "title")!.Length > ImportTitleCharacters =>
                "title is above 1024 characters",
            JsonObject attributes
                when attributes.ContainsKey("visibility")
                    && Text(attributes, "visibility") is not ("organization" or "private") =>
                "visibility is organization or private",
            JsonObject attributes when FaultOfTimes(attributes, "declared", "detected", "resolved") is { } fault =>
                fault,
            JsonObject attributes => FaultOfFields(attributes),
            _ => "data.attributes is required",
        };

    public static string? FaultOfImpact(JsonObject data) =>
        data["attributes"] switch
        {
            _ when FaultOfType(data, "incident_impacts") is { } fault => fault,
            JsonObject attributes when Text(attributes, "description") is null or "" => "description is required",
            JsonObject attributes when Text(attributes, "start_at") is null => "start_at is required",
            JsonObject attributes => FaultOfTimes(attributes, "start_at", "end_at"),
            _ => "data.attributes is required",
        };

    private static string? FaultOfType(JsonObject data, string type) =>
        Text(data, "type") == type ? null : $"data.type is {type}";

    private static string? FaultOfFields(JsonObject attributes) =>
        attributes["fields"] switch
        {
            null => null,
            JsonObject fields => fields.Any(field => field.Value is not JsonObject value || Text(value, "type") is null)
                ? "a field has a type and a value"
                : null,
            _ => "fields is not an object",
        };

    private static string? FaultOfTimes(JsonObject attributes, params string[] names)
    {
        var wrong = names.FirstOrDefault(name =>
            attributes[name] is not null
            && !DateTimeOffset.TryParse(
                Text(attributes, name),
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out _
            )
        );
        return wrong is null ? null : $"{wrong} is not a time";
    }

    private static string? Text(JsonObject parent, string name) =>
        parent[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static bool? Flag(JsonObject parent, string name) =>
        parent[name] is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : null;
}
