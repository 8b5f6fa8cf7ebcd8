using System.Buffers;
using System.Text;

namespace Partner.AppHost.Tests.Canary;

/// <summary>A secret and who may hold it in its environment; it belongs nowhere else.</summary>
internal sealed record Secret(string Name, string Value, params IReadOnlyList<string> Holders);

/// <summary>A secret, found.</summary>
/// <param name="Place">One of <see cref="Places"/>.</param>
/// <param name="Where">The file, table, key or process.</param>
internal sealed record Finding(string Name, string Place, string Where);

/// <summary>Finds secrets in whatever bytes: as they are, in hex, in base64, escaped for an address or for JSON.</summary>
internal sealed class Needles
{
    private const int ChunkBytes = 1 << 20;

    private readonly Dictionary<string, Secret> _forms = new(StringComparer.Ordinal);
    private readonly SearchValues<string> _any;
    private readonly int _longest;

    public Needles(IEnumerable<Secret> secrets)
    {
        foreach (var secret in secrets)
        {
            foreach (var form in FormsOf(secret.Value))
            {
                _forms[form] = secret;
            }
        }

        _any = SearchValues.Create([.. _forms.Keys], StringComparison.Ordinal);
        _longest = _forms.Keys.Max(form => form.Length);
    }

    public IEnumerable<Secret> In(string text)
    {
        for (var at = 0; text.AsSpan(at).IndexOfAny(_any) is >= 0 and var next; at++)
        {
            at += next;
            foreach (var (form, secret) in _forms)
            {
                if (string.CompareOrdinal(text, at, form, 0, form.Length) == 0)
                {
                    yield return secret;
                }
            }
        }
    }

    public IEnumerable<Secret> In(ReadOnlyMemory<byte> bytes) => In(Encoding.Latin1.GetString(bytes.Span));

    public IEnumerable<Secret> InFile(string path)
    {
        using var file = TryOpen(path);
        if (file is null)
        {
            yield break;
        }

        var buffer = new byte[ChunkBytes];
        for (var kept = 0; file.Read(buffer, kept, buffer.Length - kept) is > 0 and var read; )
        {
            foreach (var secret in In(buffer.AsMemory(0, kept + read)))
            {
                yield return secret;
            }

            // What begins at a chunk's end is found in the next.
            var end = kept + read;
            kept = Math.Min(end, _longest);
            buffer.AsSpan(end - kept, kept).CopyTo(buffer);
        }
    }

    // A file of a running server may be gone by now.
    private static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static IEnumerable<string> FormsOf(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        string[] forms =
        [
            value,
            Convert.ToHexStringLower(bytes),
            Convert.ToHexString(bytes),
            Convert.ToBase64String(bytes).TrimEnd('='),
            Uri.EscapeDataString(value),
            .. Decoded(value),
        ];
        // JSON of .NET escapes the plus sign, that of others the slash.
        return forms
            .Concat(forms.Select(form => form.Replace("+", "\\u002B", StringComparison.Ordinal)))
            .Concat(forms.Select(form => form.Replace("/", "\\/", StringComparison.Ordinal)))
            .Distinct();
    }

    // A key that is configured in base64 is the same secret as the bytes that it stands for.
    private static IEnumerable<string> Decoded(string value)
    {
        var raw = new byte[value.Length];
        if (!value.EndsWith('=') || !Convert.TryFromBase64String(value, raw, out var length))
        {
            yield break;
        }

        yield return Encoding.Latin1.GetString(raw, 0, length);
        yield return Convert.ToHexStringLower(raw.AsSpan(0, length));
    }
}
