using System.Text.Json;

namespace Partner.Metrics.DogStatsd;

/// <summary>What the JSON of several forms has in common.</summary>
internal static class LineJson
{
    /// <summary>Nothing where there is no text.</summary>
    public static void WriteText(this Utf8JsonWriter json, ReadOnlySpan<byte> member, string? text)
    {
        if (text is not null)
        {
            json.WriteString(member, text);
        }
    }

    public static void WriteTags(this Utf8JsonWriter json, IEnumerable<string> tags)
    {
        json.WriteStartArray("tags"u8);
        foreach (var tag in tags)
        {
            json.WriteStringValue(tag);
        }

        json.WriteEndArray();
    }
}
