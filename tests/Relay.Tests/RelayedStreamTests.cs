using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Partner.Testing;

namespace Partner.Relay.Tests;

/// <summary>Nothing of a body waits here, and neither end outlives the other.</summary>
public sealed class RelayedStreamTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task ABodyGoesOnWhileItComes()
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);
        var firstPartArrived = new TaskCompletionSource();
        var hash = Array.Empty<byte>();
        gateway.Behaviour = async context =>
        {
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var (buffer, total) = (new byte[64 * 1024], 0);
            while (await context.Request.Body.ReadAsync(buffer) is var read and > 0)
            {
                sha.AppendData(buffer, 0, read);
                // YARP's client of HTTP/1.1 keeps up to a write buffer (kilobytes) until more comes or the body ends.
                if ((total += read) >= 1_900_000)
                {
                    firstPartArrived.TrySetResult();
                }
            }

            hash = sha.GetCurrentHash();
        };
        var body = RandomNumberGenerator.GetBytes(40_000_000);

        using var answer = await relay.Http.PostAsync(
            "/v0.4/traces",
            new Pushed(async stream =>
            {
                await stream.WriteAsync(body.AsMemory(..2_000_000));
                await stream.FlushAsync();
                await Until.DoneAsync(firstPartArrived.Task);
                await stream.WriteAsync(body.AsMemory(2_000_000..));
            }),
            Token
        );

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(SHA256.HashData(body), hash);
    }

    [Fact]
    public async Task AnAnswerGoesBackWhileItComes()
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);
        var firstPartRead = new TaskCompletionSource();
        gateway.Behaviour = async context =>
        {
            await context.Response.WriteAsync("first\n");
            await context.Response.Body.FlushAsync();
            await firstPartRead.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("second");
        };

        using var answer = await relay.Http.GetAsync("/info", HttpCompletionOption.ResponseHeadersRead, Token);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Token));
        Assert.Equal("first", await reader.ReadLineAsync(Token));
        firstPartRead.SetResult();

        Assert.Equal("second", await reader.ReadToEndAsync(Token));
    }

    [Fact]
    public async Task AClientThatLeavesEndsItsRequestAtTheGateway()
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);
        var (began, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        gateway.Behaviour = async context =>
        {
            context.RequestAborted.Register(ended.SetResult);
            began.SetResult();
            await ended.Task;
        };
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var asked = relay.Http.PostAsync("/v0.4/traces", new StringContent("[]"), leave.Token);
        await Until.DoneAsync(began.Task);
        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await Until.DoneAsync(ended.Task);
        Assert.Equal(0, relay.Logs.Count(Microsoft.Extensions.Logging.LogLevel.Error));
    }

    [Fact]
    public async Task ABodyThatBreaksOffIsNoShorterBody()
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);
        var (began, outcome) = (new TaskCompletionSource(), new TaskCompletionSource<Exception?>());
        gateway.Behaviour = async context =>
        {
            try
            {
                began.SetResult();
                await context.Request.Body.CopyToAsync(Stream.Null);
                outcome.SetResult(null);
            }
            catch (Exception exception)
            {
                outcome.SetResult(exception);
            }
        };

        await Assert.ThrowsAnyAsync<Exception>(() =>
            relay.Http.PostAsync(
                "/v0.4/traces",
                new Pushed(async stream =>
                {
                    await stream.WriteAsync(new byte[200_000]);
                    // Before that the gateway would never hear of it.
                    await Until.DoneAsync(began.Task);
                    throw new IOException("The client's own end.");
                }),
                Token
            )
        );

        Assert.NotNull(await Until.DoneAsync(outcome.Task));
    }

    [Fact]
    public async Task AnAnswerThatBreaksOffIsNoShorterAnswer()
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);
        gateway.Behaviour = async context =>
        {
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync();
            context.Abort();
        };

        await Assert.ThrowsAsync<HttpRequestException>(() => relay.Http.GetStringAsync("/info", Token));
    }

    [Fact]
    public async Task ARefusalReachesAClientThatIsStillSending()
    {
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await RelayHost.StartAsync(gateway);
        gateway.Behaviour = async context =>
        {
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            await context.Response.WriteAsync("""{"errors":["Payload too large"]}""");
        };

        using var answer = await relay.Http.PostAsync("/v0.4/traces", new ByteArrayContent(new byte[6_000_000]), Token);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal("""{"errors":["Payload too large"]}""", await answer.Content.ReadAsStringAsync(Token));
    }

    private sealed class Pushed(Func<Stream, Task> write) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => write(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
