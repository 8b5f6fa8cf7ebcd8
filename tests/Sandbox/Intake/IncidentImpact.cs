using System.Text.Json.Nodes;
using Partner.Sandbox.OAuth;

namespace Partner.Sandbox.Intake;

/// <summary>One impact of an incident, in the shape of the other answers; no recording of it exists.</summary>
internal static class IncidentImpact
{
    public static JsonObject New(Org org, string incident, JsonObject attributes, DateTimeOffset now) =>
        new()
        {
            ["type"] = "incident_impacts",
            ["id"] = Guid.CreateVersion7().ToString(),
            ["attributes"] = new JsonObject
            {
                ["created"] = IncidentBody.Time(now),
                ["modified"] = IncidentBody.Time(now),
                ["description"] = attributes["description"]?.DeepClone(),
                ["start_at"] = attributes["start_at"]?.DeepClone(),
                ["end_at"] = attributes["end_at"]?.DeepClone(),
                ["fields"] = attributes["fields"]?.DeepClone(),
                ["impact_type"] = "customer",
            },
            ["relationships"] = new JsonObject
            {
                ["created_by_user"] = IncidentBody.Link("users", org.UserId),
                ["incident"] = IncidentBody.Link("incidents", incident),
                ["last_modified_by_user"] = IncidentBody.Link("users", org.UserId),
            },
        };
}
