using System.Buffers;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Features;

namespace Partner.Gateway;

/// <summary>
/// The request target as it was written. The server decodes and folds a path before any code decides by it, and the
/// service that reads it after us might do so otherwise: a target with two readings is refused (RFC 3986 6.2.2, 3.3).
/// </summary>
internal static class RequestTarget
{
    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789ABCDEFabcdef");

    public static bool IsPlain(HttpContext context) =>
        IsPlain(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);

    internal static bool IsPlain(string rawTarget)
    {
        var path = PathOf(rawTarget);
        return path is "" or "*"
            || (
                path[0] == '/'
                && path[1..].Split('/') is var segments
                && segments[..^1].All(segment => segment.Length > 0)
                && segments.All(IsPlainSegment)
            );
    }

    // Of the absolute form (RFC 9112 3.2.2) what follows the authority.
    private static string PathOf(string rawTarget)
    {
        var path = rawTarget.Split('?', 2)[0];
        var authority = path.StartsWith('/') ? -1 : path.IndexOf("://", StringComparison.Ordinal);
        if (authority < 0)
        {
            return path;
        }

        var slash = path.IndexOf('/', authority + 3);
        return slash < 0 ? "" : path[slash..];
    }

    private static bool IsPlainSegment(string segment)
    {
        if (segment is "." or ".." || segment.AsSpan().ContainsAny('\\', '#'))
        {
            return false;
        }

        if (!segment.Contains('%', StringComparison.Ordinal))
        {
            return true;
        }

        var bytes = new byte[segment.Length];
        var length = 0;
        for (var i = 0; i < segment.Length; i++)
        {
            if (segment[i] != '%')
            {
                bytes[length++] = (byte)segment[i];
                continue;
            }

            if (i + 2 >= segment.Length || segment.AsSpan(i + 1, 2).ContainsAnyExcept(Hex))
            {
                return false;
            }

            var decoded = Convert.FromHexString(segment.AsSpan(i + 1, 2))[0];
            if (!MayBeEncoded(decoded))
            {
                return false;
            }

            bytes[length++] = decoded;
            i += 2;
        }

        return Utf8.IsValid(bytes.AsSpan(0, length));
    }

    // Not what needs no encoding (RFC 3986 2.3), nor what would be a separator, nor a control character.
    private static bool MayBeEncoded(byte value) =>
        !(char.IsAsciiLetterOrDigit((char)value) || value is (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~')
        && value is not ((byte)'/' or (byte)'\\' or (byte)'%' or < 0x20 or 0x7f);
}
