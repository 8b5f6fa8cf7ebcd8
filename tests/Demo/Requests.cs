using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;

namespace Partner.Demo;

/// <summary>What every client of Datadog's does alike: a body, its encoding, the key in a header.</summary>
internal static class Requests
{
    public static HttpRequestMessage Post(
        Uri gateway,
        string path,
        string header,
        string key,
        byte[] body,
        string contentType,
        string? encoding
    )
    {
        var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(contentType) } };
        if (encoding is not null)
        {
            content.Headers.ContentEncoding.Add(encoding);
        }

        return new HttpRequestMessage(HttpMethod.Post, new Uri(gateway, path))
        {
            Content = content,
            Headers = { { header, key } },
        };
    }

    public static string Array(IEnumerable<string> items) => $"[{string.Join(',', items)}]";

    /// <summary>The sandbox lists what arrived line by line.</summary>
    public static string OneLine(string json) => json.ReplaceLineEndings("");

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static byte[] Gzip(string text) => Gzip(Bytes(text));

    public static byte[] Gzip(byte[] bytes) =>
        Compress(bytes, stream => new GZipStream(stream, CompressionLevel.Fastest));

    public static byte[] Deflate(string text) =>
        Compress(Bytes(text), stream => new ZLibStream(stream, CompressionLevel.Fastest));

    private static byte[] Compress(byte[] bytes, Func<Stream, Stream> wrap)
    {
        var compressed = new MemoryStream();
        using (var stream = wrap(compressed))
        {
            stream.Write(bytes);
        }

        return compressed.ToArray();
    }
}
