using System.Text.Json.Nodes;

namespace Partner.AppHost.Tests.Clients;

/// <summary>Items of two runs of one client, without what differs each time: times, and ids that are drawn.</summary>
internal static class Alike
{
    private static readonly HashSet<string> DrawnAnew =
    [
        "timestamp",
        "date_happened",
        "date",
        "time",
        "pid",
        "start",
        "duration",
        "trace_id",
        "span_id",
        "parent_id",
        "runtime-id",
        "process_id",
    ];

    /// <summary>One text each, in order.</summary>
    public static IReadOnlyList<string> Of(IEnumerable<string> items) =>
        [.. items.Select(item => Text(JsonNode.Parse(item))).Order(StringComparer.Ordinal)];

    private static string Text(JsonNode? node) =>
        node switch
        {
            JsonObject members =>
                $"{{{string.Join(',', members.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key}:{Text(m)}"))}}}",
            JsonArray { Count: 2 } point when IsTime(point[0]) => $"[*,{Text(point[1])}]",
            JsonArray values => $"[{string.Join(',', values.Select(Text))}]",
            JsonValue value when value.TryGetValue<string>(out var text) => Text(text),
            _ => node?.ToJsonString() ?? "null",
        };

    // An absent parent is no id.
    private static string Text(KeyValuePair<string, JsonNode?> member) =>
        DrawnAnew.Contains(member.Key) && member.Value?.ToJsonString() is not ("\"\"" or "null" or "0")
            ? "*"
            : Text(member.Value);

    // Some loggers write a record of their own as the text of a log.
    private static string Text(string text)
    {
        if (text is not ['{', .., '}'])
        {
            return $"\"{text}\"";
        }

        try
        {
            return Text(JsonNode.Parse(text));
        }
        catch (System.Text.Json.JsonException)
        {
            return $"\"{text}\"";
        }
    }

    private static bool IsTime(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<double>(out var seconds) && seconds > 1_000_000_000;
}
