using System.Globalization;

namespace Partner.Metrics.DogStatsd;

/// <summary>What stands between the bars of a line, one field after the other.</summary>
internal ref struct LineFields(ReadOnlySpan<byte> line)
{
    private const NumberStyles Number =
        NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    private ReadOnlySpan<byte> _rest = line;
    private bool _isOver;

    /// <summary>The field that <see cref="Next"/> has found.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    public bool Next()
    {
        if (_isOver)
        {
            return false;
        }

        var bar = _rest.IndexOf((byte)'|');
        _isOver = bar < 0;
        Current = _isOver ? _rest : _rest[..bar];
        _rest = _isOver ? default : _rest[(bar + 1)..];
        return true;
    }

    /// <summary>The field is <paramref name="prefix"/> and this.</summary>
    public readonly bool Is(ReadOnlySpan<byte> prefix, out ReadOnlySpan<byte> value)
    {
        var isIt = Current.StartsWith(prefix);
        value = isIt ? Current[prefix.Length..] : default;
        return isIt;
    }

    public static bool TryNumber(ReadOnlySpan<byte> text, out double number) =>
        double.TryParse(text, Number, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    public static bool TryWhole(ReadOnlySpan<byte> text, out long number) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
}
