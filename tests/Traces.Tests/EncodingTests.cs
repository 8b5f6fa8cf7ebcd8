using System.IO.Compression;
using System.Net.Http.Headers;
using Partner.Testing;
using Partner.Traces.Otlp;

namespace Partner.Traces.Tests;

/// <summary>The same spans arrive, each once, however a form of them is packed.</summary>
public sealed partial class OtlpSinkTests
{
    private static readonly (string Encoding, Func<byte[], byte[]> Pack)[] Encodings =
    [
        ("", body => body),
        ("identity", body => body),
        ("gzip", Gzip),
        ("x-gzip", Gzip),
        // RFC 1952 2.2: members in a row are one file.
        (
            "gzip",
            body =>
                [
                    .. Gzip(body[..(body.Length / 3)]),
                    .. Gzip(body[(body.Length / 3)..^1]),
                    .. Gzip([]),
                    .. Gzip(body[^1..]),
                ]
        ),
        ("deflate", body => Packed(body, stream => new ZLibStream(stream, CompressionLevel.Optimal))),
        // Without zlib's head and end, as some clients send it.
        ("deflate", body => Packed(body, stream => new DeflateStream(stream, CompressionLevel.Optimal))),
        ("zstd", Zstd),
    ];

    [Fact]
    public async Task TheSameSpansArriveHoweverTheyArePacked()
    {
        var otlp = Requests.Otlp([.. Enumerable.Range(1, 9).Select(Requests.Good)]);
        var packed = Requests.Array([
            .. Enumerable.Range(1, 9).Select(i => Requests.Array(Requests.AgentSpan((byte)i))),
        ]);
        var json =
            $"[{string.Join(',', Enumerable.Range(1, 9).Select(i => $$"""[{"trace_id":{{i}},"span_id":{{i}},"name":"n{{i}}"}]"""))}]";
        (string Form, string Path, string Type, byte[] Body)[] forms =
        [
            ("OTLP protobuf", "/v1/traces", "application/x-protobuf", ProtobufOf(otlp)),
            ("OTLP JSON", "/v1/traces", "application/json", System.Text.Encoding.UTF8.GetBytes(otlp)),
            ("MessagePack", "/v0.4/traces", "application/msgpack", packed),
            ("agent JSON", "/v0.4/traces", "application/json", System.Text.Encoding.UTF8.GetBytes(json)),
            ("old MessagePack", "/v0.3/traces", "application/msgpack", packed),
            ("old agent JSON", "/v0.3/traces", "application/json", System.Text.Encoding.UTF8.GetBytes(json)),
        ];
        var expected = new List<string>();
        foreach (var (form, path, type, body) in forms)
        {
            var spans = Requests.SpansOf(Requests.Parse(path, type, body));
            Assert.Equal(9, spans.Count);
            foreach (var (number, (encoding, pack)) in Encodings.Index())
            {
                var content = new ByteArrayContent(pack(body))
                {
                    Headers = { ContentType = new MediaTypeHeaderValue(type) },
                };
                if (encoding.Length > 0)
                {
                    content.Headers.ContentEncoding.Add(encoding);
                }

                // None is to be taken for another that came again.
                using var response = await PostAsync($"{path}?{number}", content);
                if (encoding == "zstd" && response.StatusCode == System.Net.HttpStatusCode.UnsupportedMediaType)
                {
                    // Where its library is not installed it is refused, and not read as something else.
                    continue;
                }

                Assert.True(response.IsSuccessStatusCode, $"{form}, {encoding}: {response.StatusCode}");
                expected.AddRange(spans.Select(Samples.Describe));
            }
        }

        var arrived = await Until.AnsweredAsync(
            () => Intake.Taken.SelectMany(r => OtlpReader.ReadAll(r.Body)).Select(Samples.Describe).ToList(),
            spans => spans.Count >= expected.Count
        );
        Assert.Equal(expected.Order(StringComparer.Ordinal), arrived.Order(StringComparer.Ordinal));
    }

    private static byte[] Gzip(byte[] body) => Packed(body, stream => new GZipStream(stream, CompressionLevel.Optimal));

    private static byte[] Packed(byte[] body, Func<Stream, Stream> pack)
    {
        using var packed = new MemoryStream();
        using (var stream = pack(packed))
        {
            stream.Write(body);
        }

        return packed.ToArray();
    }

    // RFC 8878: one segment of a length of four bytes, in raw blocks.
    private static byte[] Zstd(byte[] body)
    {
        var half = body.Length / 2;
        return
        [
            0x28,
            0xB5,
            0x2F,
            0xFD,
            0xA0,
            .. BitConverter.GetBytes(body.Length),
            .. Block(body[..half], isLast: false),
            .. Block(body[half..], isLast: true),
        ];

        static byte[] Block(byte[] bytes, bool isLast) =>
            [.. BitConverter.GetBytes((bytes.Length << 3) | (isLast ? 1 : 0))[..3], .. bytes];
    }
}
