using System.Globalization;
using System.Text.Json;

namespace Partner.Sandbox.Intake;

/// <summary>
/// What an event of the second generation has to be (datadog-facts 3.4). The words are those of the one refusal
/// that was recorded.
/// </summary>
internal static class EventsV2Schema
{
    private const string At = "$.data.attributes";
    private static readonly TimeSpan Age = TimeSpan.FromHours(18);

    public static string? FaultOf(JsonElement root, DateTimeOffset now)
    {
        if (Object(root, "data") is not { } data)
        {
            return "$.data: value is required";
        }

        if (Object(data, "attributes") is not { } attributes)
        {
            return $"{At}: value is required";
        }

        return OneOf(data, "$.data", "type", "event")
            ?? OneOf(attributes, At, "category", "alert", "change")
            ?? Length(attributes, At, "title", 500, isRequired: true)
            ?? Length(attributes, At, "message", 4_000)
            ?? Length(attributes, At, "host", 255)
            ?? Length(attributes, At, "aggregation_key", 100)
            ?? Count(attributes, At, "tags", 100)
            ?? (
                attributes.TryGetProperty("integration_id", out _)
                    ? OneOf(attributes, At, "integration_id", "custom-events")
                    : null
            )
            ?? Time(attributes, now)
            ?? FaultOfCategory(attributes);
    }

    private static string? FaultOfCategory(JsonElement attributes)
    {
        const string inner = $"{At}.attributes";
        if (Object(attributes, "attributes") is not { } own)
        {
            return $"{inner}: value is required";
        }

        if (attributes.GetProperty("category").GetString() is "alert")
        {
            return OneOf(own, inner, "status", "ok", "warn", "error") ?? Count(own, inner, "links", 20);
        }

        return Object(own, "changed_resource") is not { } resource
            ? $"{inner}.changed_resource: value is required"
            : Length(resource, $"{inner}.changed_resource", "name", 128, isRequired: true)
                ?? OneOf(resource, $"{inner}.changed_resource", "type", "feature_flag", "configuration")
                ?? Count(own, inner, "impacted_resources", 100);
    }

    private static JsonElement? Object(JsonElement parent, string name) =>
        parent.ValueKind is JsonValueKind.Object
        && parent.TryGetProperty(name, out var value)
        && value.ValueKind is JsonValueKind.Object
            ? value
            : null;

    private static string? OneOf(JsonElement parent, string path, string name, params string[] known) =>
        known.Contains(Text(parent, name))
            ? null
            : $"{path}.{name}: value must be one of: [{string.Join(", ", known.Select(k => $"\"{k}\""))}]";

    private static string? Length(JsonElement parent, string path, string name, int max, bool isRequired = false) =>
        (parent.TryGetProperty(name, out _), Text(parent, name)) switch
        {
            (false, _) => isRequired ? $"{path}.{name}: value is required" : null,
            (_, { Length: > 0 } text) when text.Length <= max => null,
            (_, { Length: 0 }) when name is "message" or "host" => null,
            _ => $"{path}.{name}: length must be 1 to {max}",
        };

    private static string? Count(JsonElement parent, string path, string name, int max) =>
        !parent.TryGetProperty(name, out var value)
        || (value.ValueKind is JsonValueKind.Array && value.GetArrayLength() <= max)
            ? null
            : $"{path}.{name}: at most {max} are allowed";

    private static string? Time(JsonElement attributes, DateTimeOffset now)
    {
        if (!attributes.TryGetProperty("timestamp", out _))
        {
            return null;
        }

        var isTime = DateTimeOffset.TryParse(
            Text(attributes, "timestamp"),
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out var at
        );
        return isTime && at >= now - Age ? null : $"{At}.timestamp: value must be at most 18 hours ago";
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()
            : null;
}
