using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Partner.Sandbox.Intake;

/// <summary>
/// JSON to look at: half a surrogate pair (RFC 8259 section 8.2) and bytes that are no UTF-8 give way to U+FFFD and "?",
/// as decoders in Go have it, instead of an exception. Not one byte longer or shorter, so that what was found in it is
/// at the same place in what came.
/// </summary>
internal static class Readable
{
    private const int EscapeLength = 6;

    public static byte[] Of(ReadOnlySpan<byte> json)
    {
        var readable = json.ToArray();
        if (!Utf8.IsValid(readable))
        {
            MendBytes(readable);
        }

        MendEscapes(readable);
        return readable;
    }

    private static void MendBytes(Span<byte> json)
    {
        for (var at = 0; at < json.Length; )
        {
            if (Rune.DecodeFromUtf8(json[at..], out _, out var length) != System.Buffers.OperationStatus.Done)
            {
                json.Slice(at, length).Fill((byte)'?');
            }

            at += length;
        }
    }

    private static void MendEscapes(Span<byte> json)
    {
        for (var at = json.IndexOf((byte)'\\'); at >= 0 && at < json.Length - 1; )
        {
            var unit = UnitAt(json[at..]);
            var isPair =
                unit is >= 0xD800 and < 0xDC00 && UnitAt(json[(at + EscapeLength)..]) is >= 0xDC00 and < 0xE000;
            if (unit is >= 0xD800 and < 0xE000 && !isPair)
            {
                "\\ufffd"u8.CopyTo(json[at..]);
            }

            at +=
                isPair ? 2 * EscapeLength
                : unit is null ? 2
                : EscapeLength;
            var next = at < json.Length ? json[at..].IndexOf((byte)'\\') : -1;
            at = next < 0 ? json.Length : at + next;
        }
    }

    private static int? UnitAt(ReadOnlySpan<byte> json) =>
        json.Length >= EscapeLength
        && json[0] == '\\'
        && json[1] == 'u'
        && int.TryParse(
            json[2..EscapeLength],
            NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture,
            out var unit
        )
            ? unit
            : null;
}
