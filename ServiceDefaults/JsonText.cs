using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Partner.ServiceDefaults;

/// <summary>
/// JSON that others wrote, made such that no reader throws over its text. RFC 8259 8.2 allows escapes that are half of
/// a surrogate pair, and System.Text.Json throws wherever it unescapes one: in a value, and in a member's name that it
/// only compares. They become U+FFFD here, as do bytes that are no UTF-8. The original is passed on.
/// </summary>
public static class JsonText
{
    private const int EscapeLength = 6;

    /// <summary>The same document, to be read; the array itself where it has no such text.</summary>
    public static byte[] Readable(byte[] json)
    {
        json = json.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? json[Encoding.UTF8.Preamble.Length..] : json;
        var readable = Utf8.IsValid(json) ? json : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json));
        if (Scan(readable, mend: false).Halves == 0)
        {
            return readable;
        }

        readable = ReferenceEquals(readable, json) ? [.. json] : readable;
        Scan(readable, mend: true);
        return readable;
    }

    /// <summary>An answer's body to be read as JSON, regardless of the encoding that its headers name.</summary>
    public static async Task<byte[]> ReadJsonAsync(this HttpContent content, CancellationToken cancellationToken) =>
        Readable(await content.ReadAsByteArrayAsync(cancellationToken));

    /// <summary>
    /// Which member holds U+0000, which no text column of Postgres takes: its path, or empty for the whole; null if none
    /// does, or it is no JSON.
    /// </summary>
    /// <param name="json">As <see cref="Readable"/> gives it.</param>
    public static string? FieldWithNul(byte[] json)
    {
        if (Scan(json, mend: false).Nuls == 0)
        {
            return null;
        }

        try
        {
            var path = new List<string>();
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
            {
                var isName = reader.TokenType == JsonTokenType.PropertyName;
                // A name for each depth; none for an array's.
                var depth = reader.CurrentDepth - (isName ? 1 : 0);
                path.RemoveRange(Math.Min(path.Count, depth), Math.Max(0, path.Count - depth));
                if ((isName || reader.TokenType == JsonTokenType.String) && reader.GetString()!.Contains('\0'))
                {
                    return string.Join('.', path.Where(name => name.Length > 0));
                }

                if (isName)
                {
                    path.AddRange(Enumerable.Repeat("", depth - path.Count));
                    path.Add(reader.GetString()!);
                }
            }
        }
        catch (JsonException)
        {
            // The reader of the JSON says so.
        }

        return null;
    }

    // A backslash stands in strings alone, and begins an escape.
    private static (int Halves, int Nuls) Scan(Span<byte> json, bool mend)
    {
        var (halves, nuls) = (0, 0);
        for (var at = json.IndexOf((byte)'\\'); at >= 0 && at < json.Length; )
        {
            var unit = UnitAt(json, at);
            if (
                unit is { } high
                && char.IsHighSurrogate(high)
                && UnitAt(json, at + EscapeLength) is { } low
                && char.IsLowSurrogate(low)
            )
            {
                at += 2 * EscapeLength;
            }
            else
            {
                if (unit is { } half && char.IsSurrogate(half))
                {
                    halves++;
                    if (mend)
                    {
                        "\\ufffd"u8.CopyTo(json[at..]);
                    }
                }

                nuls += unit == '\0' ? 1 : 0;
                at += unit is null ? 2 : EscapeLength;
            }

            var next = at < json.Length ? json[at..].IndexOf((byte)'\\') : -1;
            at = next < 0 ? -1 : at + next;
        }

        return (halves, nuls);
    }

    private static char? UnitAt(ReadOnlySpan<byte> json, int at) =>
        at + EscapeLength <= json.Length
        && json[at] == '\\'
        && json[at + 1] == 'u'
        && Utf8Parser.TryParse(json.Slice(at + 2, 4), out ushort unit, out var read, 'x')
        && read == 4
            ? (char)unit
            : null;
}
