using System.Text.Json;

namespace Partner.Sending;

/// <summary>A body that is JSON: <c>[item, item]</c>, or one item without the brackets. Items are taken where they stand.</summary>
public static class JsonItems
{
    /// <summary>Reads one item; the reader stands on its first token, and is left on its last.</summary>
    /// <param name="index">In the array; null: there is none.</param>
    public delegate void ItemReader(ref Utf8JsonReader reader, int? index, ItemList items);

    public static ItemList Read(IntakeBody body, int maxDepth, ItemReader read)
    {
        var items = new ItemList(body, ","u8.ToArray());
        try
        {
            Scan(body.Bytes.Span, maxDepth, items, read);
        }
        catch (JsonException)
        {
            items.Refuse(new BodyRejection(StatusCodes.Status400BadRequest, "The body is not valid JSON."));
        }

        return items;
    }

    private static void Scan(ReadOnlySpan<byte> body, int maxDepth, ItemList items, ItemReader read)
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
            read(ref reader, isArray ? items.Count : null, items);
            if (!isArray)
            {
                break;
            }

            // A body that cannot be taken is not read any further.
            if (items.Refusal is not null)
            {
                return;
            }

            reader.Read();
        }

        // Anything behind the end is an error, and this is what finds it.
        while (reader.Read()) { }
    }
}
