using System.Net;
using System.Security.Cryptography;

namespace Partner.Gateway.Tests;

public sealed class StreamingTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    [Fact]
    public async Task AChunkedBodyIsPassedOnWhileItComes()
    {
        var (key, _) = await host.NewKeyAsync();
        var firstPartArrived = new TaskCompletionSource();
        var hash = Array.Empty<byte>();
        host.Sender.Behaviour = async context =>
        {
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var (buffer, total) = (new byte[64 * 1024], 0);
            while (await context.Request.Body.ReadAsync(buffer) is var read and > 0)
            {
                sha.AppendData(buffer, 0, read);
                // The HTTP/1.1 client of YARP keeps up to a write buffer (kilobytes) until more comes or the body ends.
                if ((total += read) >= 1_900_000)
                {
                    firstPartArrived.TrySetResult();
                }
            }

            hash = sha.GetCurrentHash();
            context.Response.StatusCode = 202;
        };
        // Of a chunked body what frames the chunks counts too (Kestrel), so that a whole 5 MiB needs a Content-Length.
        var body = RandomNumberGenerator.GetBytes(5_200_000);

        var answer = await host.SendAsync(
            HttpMethod.Post,
            "/api/v2/logs",
            key,
            new Chunked(async stream =>
            {
                await stream.WriteAsync(body.AsMemory(..2_000_000));
                await stream.FlushAsync();
                await firstPartArrived.Task.WaitAsync(TimeSpan.FromMinutes(3));
                await stream.WriteAsync(body.AsMemory(2_000_000..));
            })
        );

        Assert.Equal(HttpStatusCode.Accepted, answer.Status);
        Assert.Equal(SHA256.HashData(body), hash);
    }

    [Fact]
    [Trait("fault", "F31")]
    [Trait("security", "46")]
    public async Task AChunkedBodyThatGrowsTooLargeIsCutOff()
    {
        var (key, _) = await host.NewKeyAsync();
        var outcome = new TaskCompletionSource<Exception?>();
        var reached = 0L;
        host.Sender.Behaviour = async context =>
        {
            try
            {
                var buffer = new byte[64 * 1024];
                while (await context.Request.Body.ReadAsync(buffer) is var read and > 0)
                {
                    reached += read;
                }

                outcome.SetResult(null);
            }
            catch (Exception e)
            {
                outcome.SetResult(e);
            }
        };

        var answer = await Raw.ExchangeAsync(
            host.Url,
            async stream =>
            {
                await stream.WriteAsync(
                    Raw.Bytes(
                        $"POST /api/v2/logs HTTP/1.1\r\nHost: x\r\nDD-API-KEY: {key}\r\nTransfer-Encoding: chunked\r\n\r\n"
                    )
                );
                var chunk = new byte[100_000];
                for (var i = 0; i < 53; i++)
                {
                    await stream.WriteAsync(Raw.Bytes("186A0\r\n"));
                    await stream.WriteAsync(chunk);
                    await stream.WriteAsync(Raw.Bytes("\r\n"));
                }
            }
        );

        Assert.StartsWith("HTTP/1.1 413 ", answer);
        Assert.Contains(
            """{"errors":[{"status":"413","title":"Payload Too Large","detail":"Payload too large"}]}""",
            answer
        );
        // The sender must see a broken body, not a short one that it would accept.
        Assert.NotNull(await outcome.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.InRange(reached, 0, 5_242_880);
    }

    [Theory]
    [InlineData(
        "/api/v2/logs",
        """{"errors":[{"status":"413","title":"Payload Too Large","detail":"Payload too large"}]}"""
    )]
    [InlineData("/v1/input", """{"code":413,"message":"Payload too large"}""")]
    public async Task ABodyThatSaysItIsTooLargeIsRefusedUnread(string path, string body)
    {
        var (key, _) = await host.NewKeyAsync();

        var answer = await Raw.ExchangeAsync(
            host.Url,
            $"POST {path} HTTP/1.1\r\nHost: x\r\nDD-API-KEY: {key}\r\nContent-Length: 5242881\r\n\r\n"
        );

        Assert.StartsWith("HTTP/1.1 413 ", answer);
        Assert.Contains(body, answer);
    }

    [Fact]
    public async Task AClientThatSendsItAllAnywayStillReadsIts413()
    {
        var (key, _) = await host.NewKeyAsync();

        var answer = await host.SendAsync(
            HttpMethod.Post,
            "/api/v2/logs",
            key,
            new ByteArrayContent(new byte[6_000_000])
        );

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
    }

    private sealed class Chunked(Func<Stream, Task> write) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => write(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
