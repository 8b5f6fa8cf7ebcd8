using System.Globalization;
using System.Text.Json.Nodes;
using Partner.Sandbox.OAuth;

namespace Partner.Sandbox.Intake;

/// <summary>How an incident is written: the recordings of create, update and import (datadog-facts 3.7).</summary>
internal static class IncidentBody
{
    private const string TypeId = "41d2e10b-4108-4736-92d7-791d00ea0702";

    // The two fields that the incident repeats beside its other attributes.
    private static readonly string[] Mirrored = ["severity", "state"];

    private static readonly string[] Settable =
    [
        "title",
        "customer_impacted",
        "customer_impact_scope",
        "customer_impact_start",
        "customer_impact_end",
        "detected",
        "declared",
        "resolved",
        "notification_handles",
        "incident_type_uuid",
        "is_test",
        "visibility",
    ];

    private static readonly string[] NotImported =
    [
        "commander",
        "created_by",
        "customer_impact_duration",
        "customer_impacted",
        "declared_by",
        "field_analytics",
        "last_modified_by",
        "time_to_detect",
        "time_to_internal_response",
        "time_to_repair",
        "time_to_resolve",
    ];

    public static JsonObject New(Org org, string id, int number, DateTimeOffset now) =>
        new()
        {
            ["type"] = "incidents",
            ["id"] = id,
            ["attributes"] = new JsonObject
            {
                ["public_id"] = number,
                ["incident_type_uuid"] = TypeId,
                ["title"] = "",
                ["resolved"] = null,
                ["customer_impact_scope"] = null,
                ["customer_impact_start"] = null,
                ["customer_impact_end"] = null,
                ["customer_impacted"] = false,
                ["notification_handles"] = null,
                ["last_modified_by"] = User(org),
                ["last_modified_by_uuid"] = null,
                ["created"] = Time(now),
                ["modified"] = Time(now),
                ["commander"] = null,
                ["detected"] = Time(now),
                ["created_by"] = User(org),
                ["created_by_uuid"] = null,
                ["creation_idempotency_key"] = null,
                ["customer_impact_duration"] = 0,
                ["time_to_detect"] = 0,
                ["time_to_repair"] = 0,
                ["time_to_internal_response"] = 0,
                ["time_to_resolve"] = 0,
                ["archived"] = null,
                ["is_test"] = false,
                ["declared"] = Time(now),
                ["declared_by"] = User(org),
                ["declared_by_uuid"] = null,
                ["fields"] = Fields(number),
                ["field_analytics"] = null,
                ["severity"] = "UNKNOWN",
                ["state"] = "active",
                ["non_datadog_creator"] = null,
                ["visibility"] = "organization",
                ["case_id"] = null,
            },
            ["relationships"] = new JsonObject
            {
                ["created_by_user"] = Link("users", org.UserId),
                ["last_modified_by_user"] = Link("users", org.UserId),
                ["commander_user"] = new JsonObject { ["data"] = null },
                ["declared_by_user"] = Link("users", org.UserId),
                ["user_defined_fields"] = Links("user_defined_field", Guid.CreateVersion7().ToString()),
                ["integrations"] = Links("incident_integrations"),
                ["attachments"] = Links("attachments"),
                ["responders"] = Links("incident_responders"),
                ["impacts"] = Links("incident_impacts"),
            },
        };

    /// <summary>Sets what was sent; a field is replaced alone, and the others stay.</summary>
    public static void Apply(JsonObject data, Org org, JsonObject attributes, JsonObject? relationships)
    {
        var own = data["attributes"]!.AsObject();
        foreach (var name in Settable.Where(attributes.ContainsKey))
        {
            own[name] = attributes[name]?.DeepClone();
        }

        var fields = own["fields"]!.AsObject();
        foreach (var (name, field) in attributes["fields"] as JsonObject ?? [])
        {
            fields[name] = field!.DeepClone();
            if (Mirrored.Contains(name))
            {
                own[name] = field["value"]?.DeepClone();
            }
        }

        if (relationships?["commander_user"] is JsonObject commander)
        {
            var id = (commander["data"] as JsonObject)?["id"]?.ToString();
            own["commander"] = id is null ? null : User(org, id);
            data["relationships"]!["commander_user"] = id is null ? commander.DeepClone() : Link("users", id);
            AddResponder(data);
        }
    }

    /// <summary>What an update leaves besides what it sets: who did it and when, and when it was resolved.</summary>
    public static void Touch(JsonObject data, Org org, DateTimeOffset now)
    {
        var own = data["attributes"]!.AsObject();
        own["modified"] = Time(now);
        own["last_modified_by_uuid"] = org.UserId;
        own["created_by_uuid"] = org.UserId;
        own["declared_by_uuid"] = org.UserId;
        own["resolved"] = own["state"]?.ToString() is "resolved" ? own["resolved"]?.DeepClone() ?? Time(now) : null;
        AddResponder(data);
    }

    /// <summary>The import words the same thing its own way: fewer attributes, in order, with times in Z.</summary>
    public static JsonObject Imported(JsonObject data, Org org)
    {
        var own = data["attributes"]!.DeepClone().AsObject();
        foreach (var name in (string[])["created_by_uuid", "declared_by_uuid", "last_modified_by_uuid"])
        {
            own[name] = org.UserId;
        }

        var attributes = Sorted(own.Where(attribute => !NotImported.Contains(attribute.Key)));
        foreach (var name in (string[])["created", "modified", "declared", "detected"])
        {
            var time = attributes[name]?.GetValue<string>();
            attributes[name] = time?.Replace("+00:00", "Z", StringComparison.Ordinal);
        }

        attributes["fields"] = Sorted(own["fields"]!.AsObject());
        var relationships = data["relationships"]!.DeepClone().AsObject();
        relationships["incident_type"] = Link("incident_types", TypeId);
        return new JsonObject
        {
            ["id"] = data["id"]!.DeepClone(),
            ["type"] = "incidents",
            ["attributes"] = attributes,
            ["relationships"] = Sorted(relationships),
        };
    }

    public static string Time(DateTimeOffset at) =>
        at.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture);

    public static JsonObject Link(string type, string id) => new() { ["data"] = Reference(type, id) };

    public static JsonObject Reference(string type, string id) => new() { ["type"] = type, ["id"] = id };

    // Whoever commands or updates an incident responds to it, as recorded.
    private static void AddResponder(JsonObject data)
    {
        var responders = data["relationships"]!["responders"]!["data"]!.AsArray();
        if (responders.Count == 0)
        {
            responders.Add((JsonNode)Reference("incident_responders", Guid.CreateVersion7().ToString()));
        }
    }

    private static JsonObject Links(string type, params string[] ids) =>
        new() { ["data"] = new JsonArray([.. ids.Select(id => Reference(type, id))]) };

    private static JsonObject Fields(int number) =>
        new()
        {
            ["teams"] = Field("autocomplete", null),
            ["severity"] = Field("dropdown", "UNKNOWN"),
            ["state"] = Field("dropdown", "active"),
            ["detection_method"] = Field("dropdown", "unknown"),
            ["root_cause"] = Field("textbox", null),
            ["summary"] = Field("textbox", null),
            ["services"] = Field("autocomplete", null),
            ["slug"] = Field("textbox", $"IR-{number}"),
        };

    private static JsonObject Field(string type, string? value) => new() { ["type"] = type, ["value"] = value };

    private static JsonObject User(Org org, string? id = null) =>
        new()
        {
            ["data"] = new JsonObject
            {
                ["type"] = "users",
                ["id"] = id ?? org.UserId,
                ["attributes"] = new JsonObject
                {
                    ["uuid"] = id ?? org.UserId,
                    ["handle"] = "demo@example.com",
                    ["email"] = "demo@example.com",

                    // Nobody but the authorizing user has ever signed in here.
                    ["name"] = id is null || id == org.UserId ? "Demo User" : null,
                    ["icon"] = "https://example.com/avatar",
                },
            },
        };

    private static JsonObject Sorted(IEnumerable<KeyValuePair<string, JsonNode?>> properties) =>
        new(
            properties
                .OrderBy(p => p.Key, StringComparer.Ordinal)
                .Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone()))
        );
}
