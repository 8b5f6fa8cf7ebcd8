using System.Globalization;

namespace Partner.Traces.Wire;

/// <summary>Ids of 64 bits as text: 16 lower-case hexadecimal digits.</summary>
internal static class HexId
{
    public static string Of(ulong id) => id.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>In either case, and without leading zeros, too.</summary>
    public static bool TryParse(string? text, out ulong id) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);
}
