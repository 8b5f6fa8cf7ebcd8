using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Partner.Sandbox.Reads;

/// <summary>Where the next page begins, in a form that invites nobody to compute it.</summary>
internal static class Cursor
{
    private const string Prefix = "after:";

    public static string Of(int start) =>
        Base64Url.EncodeToString(
            Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{start}"))
        );

    /// <summary>0 for no cursor, null for one that was never given out.</summary>
    public static int? Start(string? cursor)
    {
        if (string.IsNullOrEmpty(cursor))
        {
            return 0;
        }

        var text = Base64Url.IsValid(cursor) ? Encoding.ASCII.GetString(Base64Url.DecodeFromChars(cursor)) : "";
        return
            text.StartsWith(Prefix, StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var start)
            ? start
            : null;
    }
}
