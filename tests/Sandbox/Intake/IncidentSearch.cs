using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Partner.Sandbox.Intake;

/// <summary>
/// The query of the search: words that all have to be found, each alone or as name:value, quoted where they have
/// spaces. The real language is larger; this much of it is what finds an incident by its state or by a marker.
/// </summary>
internal static partial class IncidentSearch
{
    public static IEnumerable<Incident> Search(IEnumerable<Incident> incidents, string query)
    {
        var terms = Terms()
            .Matches(query)
            .Select(term => (Name: term.Groups["name"].Value, Value: term.Groups["value"].Value.Trim('"')))
            .Where(term => term is not ("", "AND" or "*"))
            .ToList();
        return incidents.Where(incident => terms.TrueForAll(term => Matches(incident, term.Name, term.Value)));
    }

    private static bool Matches(Incident incident, string name, string value)
    {
        var attributes = incident.Data["attributes"]!.AsObject();
        var fields = attributes["fields"]!.AsObject();
        return name switch
        {
            "" => Contains(attributes["title"], value)
                || incident.Id == value
                || fields.Any(field => Contains(field.Value?["value"], value)),
            "title" => Contains(attributes["title"], value),
            _ when fields[name] is { } field => Contains(field["value"], value),
            _ => Contains(attributes[name], value),
        };
    }

    private static bool Contains(JsonNode? node, string value) =>
        node switch
        {
            JsonArray items => items.Any(item => Contains(item, value)),
            JsonValue text => text.ToString().Contains(value, StringComparison.OrdinalIgnoreCase),
            _ => false,
        };

    [GeneratedRegex("""(?:(?<name>[A-Za-z_]+):)?(?<value>"[^"]*"|[^\s"]+)""")]
    private static partial Regex Terms();
}
