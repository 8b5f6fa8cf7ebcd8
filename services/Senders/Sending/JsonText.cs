namespace Partner.Sending;

/// <summary>JSON strings as they stand in a body.</summary>
public static class JsonText
{
    private const int UnicodeEscape = 6;
    private const int OtherEscape = 2;

    /// <summary>Characters of what stands between the quotes, however they are written; makes no string.</summary>
    public static int CharactersOf(ReadOnlySpan<byte> value)
    {
        var count = 0;
        for (var i = 0; i < value.Length;)
        {
            if (value[i] != '\\')
            {
                count += IsFirstByte(value[i++]) ? 1 : 0;
                continue;
            }

            var isUnicode = i + UnicodeEscape <= value.Length && value[i + 1] == 'u';
            // The second half of a pair belongs to the first.
            count += isUnicode && IsLowSurrogate(value[i + 2], value[i + 3]) ? 0 : 1;
            i += isUnicode ? UnicodeEscape : OtherEscape;
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

    private static bool IsFirstByte(byte value) => (value & 0xC0) != 0x80;

    // DC00 to DFFF.
    private static bool IsLowSurrogate(byte first, byte second) =>
        (first | 0x20) == 'd' && (second | 0x20) is >= 'c' and <= 'f';
}
