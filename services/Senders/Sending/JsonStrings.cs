using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Partner.Sending;

/// <summary>
/// JSON strings as they stand in a body. Half of a surrogate pair (<c>"\ud83d"</c>) is grammatical JSON (RFC 8259 8.2)
/// and is what a text that was cut within an emoji is written as; and bytes that are no UTF-8 are seen, too. A
/// <see cref="Utf8JsonReader"/> reads over both, and throws where it decodes them: so names are compared, and text is
/// decoded, here alone, with U+FFFD for what is no character, as Datadog's Agent and Go's encoding/json do.
/// </summary>
public static class JsonStrings
{
    private const int UnicodeEscape = 6;
    private const int OtherEscape = 2;
    private const int OnStack = 256;
    private const int FirstSupplementary = 0x10000;

    /// <summary>Whether the name or string that the reader stands on is this text. Never throws.</summary>
    public static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> text)
    {
        var value = reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan;
        if (!reader.ValueIsEscaped)
        {
            return value.SequenceEqual(text);
        }

        // A byte is written with six at most, so a longer value is another text, and the values left are short.
        if (value.Length > text.Length * UnicodeEscape)
        {
            return false;
        }

        var decoded = value.Length <= OnStack ? stackalloc byte[OnStack] : new byte[value.Length];
        return decoded[..Unescape(value, decoded)].SequenceEqual(text);
    }

    /// <summary>The name or string that the reader stands on. Never throws.</summary>
    public static string Read(ref Utf8JsonReader reader)
    {
        var value = reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan;
        return reader.ValueIsEscaped ? Decode(value) : Encoding.UTF8.GetString(value);
    }

    /// <summary>The text between the quotes, decoded. Never throws.</summary>
    public static string Decode(ReadOnlySpan<byte> value)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(value.Length);
        try
        {
            return Encoding.UTF8.GetString(buffer.AsSpan(0, Unescape(value, buffer)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Takes the escapes out of what stands between the quotes, which is never longer afterwards. Other bytes stay,
    /// UTF-8 or not.
    /// </summary>
    /// <returns>Bytes written.</returns>
    public static int Unescape(ReadOnlySpan<byte> value, Span<byte> output)
    {
        var written = 0;
        while (true)
        {
            var plain = value.IndexOf((byte)'\\');
            if (plain < 0 || plain + 1 == value.Length)
            {
                value.CopyTo(output[written..]);
                return written + value.Length;
            }

            value[..plain].CopyTo(output[written..]);
            written += plain;
            value = value[plain..];
            if (value[1] == 'u')
            {
                value = value[ReadUnicode(value, out var character)..];
                written += character.EncodeToUtf8(output[written..]);
                continue;
            }

            output[written++] = value[1] switch
            {
                (byte)'b' => (byte)'\b',
                (byte)'f' => (byte)'\f',
                (byte)'n' => (byte)'\n',
                (byte)'r' => (byte)'\r',
                (byte)'t' => (byte)'\t',
                var other => other,
            };
            value = value[OtherEscape..];
        }
    }

    /// <summary>Characters of what stands between the quotes, however they are written; makes no string.</summary>
    public static int CharactersOf(ReadOnlySpan<byte> value)
    {
        var count = 0;
        for (var i = 0; i < value.Length; )
        {
            if (value[i] != '\\')
            {
                count += IsFirstByte(value[i++]) ? 1 : 0;
                continue;
            }

            var isUnicode = i + UnicodeEscape <= value.Length && value[i + 1] == 'u';
            i += isUnicode ? ReadUnicode(value[i..], out _) : OtherEscape;
            count++;
        }

        return count;
    }

    /// <summary>Characters of UTF-8.</summary>
    public static int CharactersOfUtf8(ReadOnlySpan<byte> text)
    {
        var count = 0;
        foreach (var next in text)
        {
            count += IsFirstByte(next) ? 1 : 0;
        }

        return count;
    }

    /// <returns>Bytes that it takes: 12 for a pair.</returns>
    private static int ReadUnicode(ReadOnlySpan<byte> value, out Rune character)
    {
        var first = ReadUnit(value);
        if (Rune.TryCreate(first, out character))
        {
            return Math.Min(UnicodeEscape, value.Length);
        }

        var second =
            char.IsHighSurrogate(first) && value.Length > UnicodeEscape ? ReadUnit(value[UnicodeEscape..]) : '\0';
        if (char.IsLowSurrogate(second))
        {
            character = new Rune(FirstSupplementary + ((first & 0x3FF) << 10) + (second & 0x3FF));
            return 2 * UnicodeEscape;
        }

        character = Rune.ReplacementChar;
        return UnicodeEscape;
    }

    // U+0000 where there is no such escape; a reader has seen to it that those that are there are whole.
    private static char ReadUnit(ReadOnlySpan<byte> value)
    {
        if (value.Length < UnicodeEscape || value[0] != '\\' || value[1] != 'u')
        {
            return '\0';
        }

        var unit = 0;
        foreach (var digit in value[2..UnicodeEscape])
        {
            unit = (unit << 4) | Math.Max(0, HexOf(digit));
        }

        return (char)unit;
    }

    private static int HexOf(byte digit) =>
        (char)digit switch
        {
            >= '0' and <= '9' => digit - '0',
            >= 'a' and <= 'f' => digit - 'a' + 10,
            >= 'A' and <= 'F' => digit - 'A' + 10,
            _ => 0,
        };

    private static bool IsFirstByte(byte value) => (value & 0xC0) != 0x80;
}
