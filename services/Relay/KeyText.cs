using System.Text;

namespace Partner.Relay;

/// <summary>The ingest key as it is configured, or why there is none; never both.</summary>
internal sealed record KeyText(Secret? Key, string? Fault)
{
    // More is no key, whatever it is.
    private const int MaxFileBytes = 4096;

    public static KeyText Read(RelayOptions options)
    {
        if (options.KeyFile is not { } path)
        {
            return options.Key is { } key ? Of(key, "Relay:Key") : new(null, null);
        }

        try
        {
            using var file = File.OpenRead(path);
            var bytes = new byte[MaxFileBytes];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return Of(Encoding.Latin1.GetString(bytes, 0, length), path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new(null, exception.Message);
        }
    }

    // A file often ends with a line feed.
    private static KeyText Of(string text, string source) =>
        text.Trim() is { Length: 32 } key && !key.AsSpan().ContainsAnyExcept("0123456789abcdef")
            ? new(new Secret(key), null)
            : new(null, $"{source} holds no ingest key, which is 32 hexadecimal digits in lower case.");
}
