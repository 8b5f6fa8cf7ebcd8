using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Partner.Contracts;
using Partner.Sending.Accept;
using Partner.ServiceDefaults;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>Bombs, lies and slowness: refused in bounded memory and time, and nobody else is hurt.</summary>
[Trait("fault", "F31")]
[Trait("security", "46")]
public sealed class HostileBodyTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private const int Limit = 1_000_000;
    private const int Budget = 6_000_000;
    private const int BombBytes = 200_000_000;

    private readonly ConnectionId _connection = ConnectionId.New();

    [Theory]
    [InlineData("gzip")]
    [InlineData("gzip of many members")]
    [InlineData("deflate")]
    [InlineData("raw deflate")]
    [InlineData("zstd")]
    [InlineData("zstd that lies about its length")]
    public async Task ManyBombsAtOnceTakeNoMoreThanTheBudgetAndGiveItBack(string kind)
    {
        var bomb = BombOf(kind);
        Assert.InRange(bomb.Length, 1, BombBytes / 500);
        var budget = new MemoryBudget(Budget);
        var reader = new BodyReader(budget, TimeProvider.System, TimeSpan.FromMinutes(1));
        var before = GC.GetTotalAllocatedBytes();
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(_ =>
                    Task.Run(() => ReadAsync(reader, bomb, kind.Split(' ')[0] is var k && k == "raw" ? "deflate" : k))
                )
        );
        // What says less than there is, is found to be no zstd.
        Assert.All(
            answers,
            status =>
                Assert.Contains(status, new[] { kind.Contains("lies", StringComparison.Ordinal) ? 400 : 413, 503 })
        );
        Assert.Contains(answers, status => status < 500);
        Assert.Equal(0, budget.Used);
        // What 20 of them unfold to is 4 GB.
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 1_000_000_000);
    }

    [Theory]
    [InlineData("gzip whose trailer lies")]
    [InlineData("gzip that is cut off")]
    [InlineData("zstd that promises more")]
    [InlineData("zstd that promises less")]
    [InlineData("zstd with a window of 64 MB")]
    public async Task LengthsAreNotBelieved(string kind)
    {
        var budget = new MemoryBudget(Budget);
        var reader = new BodyReader(budget, TimeProvider.System, TimeSpan.FromMinutes(1));
        var gzip = Compress("hello"u8.ToArray(), stream => new GZipStream(stream, CompressionLevel.Fastest));
        var body = kind switch
        {
            "gzip whose trailer lies" => (byte[])[.. gzip[..^4], 0xFF, 0xFF, 0xFF, 0x7F],
            "gzip that is cut off" => gzip[..^9],
            "zstd that promises more" => ZstdFrame(contentSize: 1L << 60, blocks: [RawBlock("hello"u8)]),
            "zstd that promises less" => ZstdFrame(contentSize: 2, blocks: [RawBlock("hello"u8)]),
            _ => [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x80, .. Last(RawBlock("hello"u8), RawBlock("hello"u8).Length)],
        };
        Assert.Equal(400, await ReadAsync(reader, body, kind[..4]));
        Assert.Equal(0, budget.Used);
    }

    [Fact]
    public async Task AHundredMegabytesAreRefusedSaidOrUnsaidAndNotRead()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var said = await ExchangeAsync(host, "Content-Length: 100000000\r\n", _ => Task.CompletedTask);
        Assert.StartsWith("HTTP/1.1 413 ", said, StringComparison.Ordinal);
        var sent = 0L;
        var unsaid = await ExchangeAsync(
            host,
            "Transfer-Encoding: chunked\r\n",
            async stream =>
            {
                var chunk = new byte[1_000_000];
                for (; sent < 100_000_000; sent += chunk.Length)
                {
                    await stream.WriteAsync("F4240\r\n"u8.ToArray());
                    await stream.WriteAsync(chunk);
                    await stream.WriteAsync("\r\n"u8.ToArray());
                }
            }
        );
        Assert.StartsWith("HTTP/1.1 413 ", unsaid, StringComparison.Ordinal);
        // Four times the limit is read so that the answer is seen; and what fits the sockets' buffers.
        Assert.InRange(sent, 5_000_000, 60_000_000);
        await AssertWorksAsync(host);
    }

    [Fact]
    public async Task ABodyThatStopsComingIsAnswered408WhileOthersAreServed()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var slow = Enumerable
            .Range(0, 50)
            .Select(_ =>
                ExchangeAsync(
                    host,
                    "Content-Length: 1000\r\n",
                    async stream => await stream.WriteAsync("x"u8.ToArray())
                )
            )
            .ToList();
        await AssertWorksAsync(host);
        var answers = await Task.WhenAll(slow);
        Assert.All(answers, answer => Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal));
        Assert.All(
            answers,
            answer =>
                Assert.Contains(
                    """{"errors":["The request body could not be read."]}""",
                    answer,
                    StringComparison.Ordinal
                )
        );
        await AssertWorksAsync(host);
    }

    [Fact]
    public async Task ABodyThatTricklesForLongerThanAMinuteIsAnswered408()
    {
        var clock = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = await SendingHost.StartAsync(database.ConnectionString, time: clock);
        var trickling = new TaskCompletionSource();
        var answer = ExchangeAsync(
            host,
            "Content-Length: 100000\r\nContent-Encoding: gzip\r\n",
            async stream =>
            {
                // Well above the server's slowest rate, each an empty gzip member: nothing ever comes out.
                var empty = Compress([], s => new GZipStream(s, CompressionLevel.Fastest));
                for (var i = 0; i < 300; i++)
                {
                    await stream.WriteAsync(empty);
                    if (i == 5)
                    {
                        trickling.SetResult();
                    }

                    await Task.Delay(20);
                }
            }
        );
        await Until.DoneAsync(trickling.Task);
        // Until it is seen, for the request may not be there yet.
        for (var i = 0; i < 600 && !answer.IsCompleted; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(10));
            await Task.WhenAny(answer, Task.Delay(100));
        }

        var text = await answer;
        Assert.StartsWith("HTTP/1.1 408 ", text, StringComparison.Ordinal);
        Assert.Contains("""{"errors":["The body took longer than 60 s."]}""", text, StringComparison.Ordinal);
    }

    private static async Task<int> ReadAsync(BodyReader reader, byte[] body, string encoding)
    {
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(body);
        context.Request.Headers.ContentEncoding = encoding;
        var (read, refusal) = await reader.ReadAsync(context.Request, Limit, CancellationToken.None);
        using (read)
        {
            return refusal?.Status ?? 200;
        }
    }

    private static byte[] BombOf(string kind) =>
        kind switch
        {
            "gzip" => Compress(new byte[BombBytes], stream => new GZipStream(stream, CompressionLevel.SmallestSize)),
            "gzip of many members" =>
            [
                .. Enumerable
                    .Repeat(
                        Compress(
                            new byte[BombBytes / 100],
                            stream => new GZipStream(stream, CompressionLevel.SmallestSize)
                        ),
                        100
                    )
                    .SelectMany(b => b),
            ],
            "deflate" => Compress(new byte[BombBytes], stream => new ZLibStream(stream, CompressionLevel.SmallestSize)),
            "raw deflate" => Compress(
                new byte[BombBytes],
                stream => new DeflateStream(stream, CompressionLevel.SmallestSize)
            ),
            "zstd" => ZstdFrame(null, Enumerable.Repeat(RunBlock(128 * 1024), BombBytes / (128 * 1024))),
            _ => ZstdFrame(16, Enumerable.Repeat(RunBlock(128 * 1024), BombBytes / (128 * 1024))),
        };

    private static byte[] Compress(byte[] bytes, Func<Stream, Stream> open)
    {
        using var output = new MemoryStream();
        using (var stream = open(output))
        {
            stream.Write(bytes);
        }

        return output.ToArray();
    }

    // RFC 8878 3.1.1: magic, descriptor, window of 1 MB, the content's size if it is said, blocks, of which one is the last.
    private static byte[] ZstdFrame(long? contentSize, IEnumerable<byte[]> blocks) =>
        [
            0x28,
            0xB5,
            0x2F,
            0xFD,
            (byte)(contentSize is null ? 0x00 : 0xC0),
            0x50,
            .. contentSize is { } size ? BitConverter.GetBytes(size) : [],
            .. Last([.. blocks.SelectMany(b => b)], blocks.Last().Length),
        ];

    private static byte[] Last(byte[] blocks, int length)
    {
        blocks[^length] |= 1;
        return blocks;
    }

    // One byte, so many times (RFC 8878 3.1.1.2.2, RLE_Block).
    private static byte[] RunBlock(int size) => [.. BlockHeader(size, type: 1), 0x20];

    private static byte[] RawBlock(ReadOnlySpan<byte> bytes) => [.. BlockHeader(bytes.Length, type: 0), .. bytes];

    private static byte[] BlockHeader(int size, int type) => BitConverter.GetBytes((size << 3) | (type << 1))[..3];

    private async Task AssertWorksAsync(SendingHost host)
    {
        using var response = await host.PostAsync(_connection, "fine");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }

    /// <summary>What comes back until the server closes or says nothing more.</summary>
    private async Task<string> ExchangeAsync(SendingHost host, string headers, Func<Stream, Task> write)
    {
        var url = new Uri(host.App.Urls.Single());
        using var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /in HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {host.TokenFor(new ServiceClaims(_connection.Text))}\r\n{headers}\r\n"
            )
        );
        var writing = WriteAsync();
        var (answer, buffer) = (new StringBuilder(), new byte[4096]);
        try
        {
            while (await stream.ReadAsync(buffer) is var read and > 0)
            {
                answer.Append(Encoding.UTF8.GetString(buffer, 0, read));
                if (answer.ToString().EndsWith('}'))
                {
                    break;
                }
            }
        }
        catch (IOException)
        {
            // Cut off; what has come is the answer.
        }

        await writing;
        return answer.ToString();

        async Task WriteAsync()
        {
            try
            {
                await write(stream);
            }
            catch (IOException)
            {
                // It is not read any more.
            }
        }
    }
}
