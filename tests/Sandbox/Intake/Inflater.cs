using System.IO.Compression;
using ZstdSharp;

namespace Partner.Sandbox.Intake;

/// <summary>A body without its Content-Encoding, never more of it than the limit and one byte.</summary>
internal static class Inflater
{
    private const int PresetDictionary = 0x20;

    /// <summary>
    /// Null where the encoding is not one of those known; throws <see cref="InvalidDataException"/> on garbage.
    /// </summary>
    public static async Task<byte[]?> InflateAsync(
        Stream body,
        string? encoding,
        int limit,
        CancellationToken cancellationToken
    )
    {
        switch (encoding?.Trim().ToLowerInvariant())
        {
            case null or "" or "identity":
                return await ReadAsync(body, limit, cancellationToken);
            case "gzip":
                return await ReadAsync(new GZipStream(body, CompressionMode.Decompress), limit, cancellationToken);
            case "deflate":
                return await ReadAsync(Deflate(body), limit, cancellationToken);
            case "zstd" or "zstd1":
                return await UnzstdAsync(body, limit, cancellationToken);
            default:
                return null;
        }
    }

    private static async Task<byte[]> UnzstdAsync(Stream body, int limit, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(new DecompressionStream(body), limit, cancellationToken);
        }
        catch (Exception malformed) when (malformed is ZstdException or EndOfStreamException)
        {
            throw new InvalidDataException("Not zstd.", malformed);
        }
    }

    // "deflate" is zlib by RFC 9110 section 8.4.1.2, and raw by the habit of some clients: the two header bytes tell.
    private static Stream Deflate(Stream body)
    {
        var (first, second) = (body.ReadByte(), body.ReadByte());
        body.Position = 0;
        return (first & 0x0F) == 8 && ((first << 8) | second) % 31 == 0 && (second & PresetDictionary) == 0
            ? new ZLibStream(body, CompressionMode.Decompress)
            : new DeflateStream(body, CompressionMode.Decompress);
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int limit, CancellationToken cancellationToken)
    {
        await using (stream)
        {
            using var plain = new MemoryStream();
            var buffer = new byte[81_920];
            while (plain.Length <= limit && await stream.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                plain.Write(buffer, 0, read);
            }

            return plain.ToArray();
        }
    }
}
