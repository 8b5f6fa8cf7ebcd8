using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Partner.Sending;

/// <summary>A body that is JSON: <c>[item, item]</c>, or one item without the brackets. Items are taken where they stand.</summary>
public static class JsonItems
{
    /// <summary>Reads one item; the reader stands on its first token, and is left on its last.</summary>
    /// <param name="index">In the array; null: there is none.</param>
    /// <returns>Why the whole body is refused; null: it is not.</returns>
    public delegate Refusal? ItemReader(ref Utf8JsonReader reader, int? index, List<Item> items);

    public static (IReadOnlyList<Item> Items, Refusal? Refusal) Read(ReadOnlySpan<byte> body, int maxDepth, ItemReader read)
    {
        var items = new List<Item>();
        try
        {
            return (items, Scan(body, maxDepth, items, read));
        }
        catch (JsonException)
        {
            return (items, new Refusal(StatusCodes.Status400BadRequest, "The body is not valid JSON."));
        }
    }

    private static Refusal? Scan(ReadOnlySpan<byte> body, int maxDepth, List<Item> items, ItemReader read)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = maxDepth });
        reader.Read();
        var isArray = reader.TokenType == JsonTokenType.StartArray;
        if (isArray)
        {
            reader.Read();
        }

        while (reader.TokenType != JsonTokenType.EndArray)
        {
            if (read(ref reader, isArray ? items.Count : null, items) is { } refusal)
            {
                return refusal;
            }

            if (!isArray)
            {
                break;
            }

            reader.Read();
        }

        // Anything behind the end is an error, and this is what finds it.
        while (reader.Read())
        {
        }

        return null;
    }
}
