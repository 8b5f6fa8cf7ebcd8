using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Partner.Sending;

namespace Partner.Incidents;

/// <summary>
/// <c>Database is down [ref3f9a0c1d2e4b5a6c]</c>. Datadog documents no idempotency key (datadog-facts 3.7), and the
/// title is the one attribute that each incident has, in each organisation, and that a search answers with; of an
/// impact it is the description. One word of letters and digits, so that no tokenizer cuts it.
/// </summary>
internal static class Marker
{
    private const int Digits = 16;
    private const int MaxDepth = 64;

    public static string New() => $"ref{RandomNumberGenerator.GetHexString(Digits, lowercase: true)}";

    public static string SuffixOf(string marker) => $" [{marker}]";

    /// <summary>Where <c>data.attributes.{field}</c> stands, quotes included; null if it is not there or no string.</summary>
    /// <exception cref="JsonException">Not JSON.</exception>
    public static Range? Find(ReadOnlySpan<byte> body, string field)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        byte[][] path = ["data"u8.ToArray(), "attributes"u8.ToArray(), Encoding.UTF8.GetBytes(field)];
        var depth = 0;
        Range? found = null;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != depth + 1)
            {
                depth =
                    reader.TokenType == JsonTokenType.EndObject ? Math.Clamp(reader.CurrentDepth - 1, 0, depth) : depth;
                continue;
            }

            var isNext = depth < path.Length && JsonStrings.Is(ref reader, path[depth]);
            reader.Read();
            if (isNext && depth == path.Length - 1)
            {
                // Of a name that stands there twice the last counts, as with most readers.
                found =
                    reader.TokenType == JsonTokenType.String
                        ? (int)reader.TokenStartIndex..(int)reader.BytesConsumed
                        : null;
            }
            else if (isNext && reader.TokenType == JsonTokenType.StartObject)
            {
                depth++;
            }
            else
            {
                reader.Skip();
            }
        }

        return found;
    }

    /// <summary>The body with the marker in it, and every other byte as it was.</summary>
    public static byte[] Put(ReadOnlySpan<byte> body, Range value, string marker, int? maxLength)
    {
        var suffix = SuffixOf(marker);
        var text = JsonStrings.Decode(body[value][1..^1]);
        // A text that is too long as it came is for Datadog to refuse; one that only the marker makes too long is cut.
        var isCut = text.Length <= maxLength && text.Length + suffix.Length > maxLength;
        var marked = isCut
            ? JsonSerializer.SerializeToUtf8Bytes(Cut(text, maxLength!.Value - suffix.Length) + suffix)
            : [.. body[value][..^1], .. Encoding.ASCII.GetBytes(suffix), (byte)'"'];
        return [.. body[..value.Start], .. marked, .. body[value.End..]];
    }

    // Never between the halves of a surrogate pair.
    private static string Cut(string text, int length) =>
        text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
}
