using System.Buffers.Text;
using System.Globalization;

namespace Partner.Sending.Otlp;

/// <summary>
/// Whole numbers of 64 bits as JSON may spell them, between quotes or not: <c>7</c>, <c>-7</c>, <c>7.0</c>,
/// <c>1e3</c>, <c>1.5e+18</c>. JavaScript writes large ones as it writes any number.
/// </summary>
public static class WholeNumber
{
    // 2^64 - 1 has 20 digits; a longer fraction or more zeros are still whole, but no client writes them.
    private const int Longest = 64;

    /// <param name="number">A negative one is its two's complement.</param>
    public static bool TryRead(ReadOnlySpan<byte> text, out ulong number)
    {
        if (Utf8Parser.TryParse(text, out number, out var read) && read == text.Length)
        {
            return true;
        }

        if (TryReadDecimal(text, out var value) && value >= long.MinValue && value <= ulong.MaxValue)
        {
            number = value < 0 ? (ulong)(long)value : (ulong)value;
            return true;
        }

        number = 0;
        return false;
    }

    /// <summary>One that a signed number of 64 bits has room for.</summary>
    public static bool TryReadSigned(ReadOnlySpan<byte> text, out long number)
    {
        if (Utf8Parser.TryParse(text, out number, out var read) && read == text.Length)
        {
            return true;
        }

        var fits = TryReadDecimal(text, out var value) && value >= long.MinValue && value <= long.MaxValue;
        number = fits ? (long)value : 0;
        return fits;
    }

    private static bool TryReadDecimal(ReadOnlySpan<byte> text, out decimal value)
    {
        value = 0;
        return text.Length is > 0 and <= Longest
            && decimal.TryParse(
                text,
                NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture,
                out value
            )
            && decimal.IsInteger(value);
    }
}
