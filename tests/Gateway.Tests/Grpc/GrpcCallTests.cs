using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using Google.Rpc;
using Microsoft.AspNetCore.Http;
using Partner.ServiceDefaults;

namespace Partner.Gateway.Tests.Grpc;

/// <summary>Calls that are passed on, and what becomes of a service's answer.</summary>
public sealed class GrpcCallTests(GrpcHost host) : IClassFixture<GrpcHost>
{
    private static readonly byte[] Message = RandomNumberGenerator.GetBytes(100_000);
    private static readonly byte[] Partial = [0x0A, 0x02, 0x08, 0x01];

    [Theory]
    [InlineData(null)]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("zstd")]
    public async Task ACallIsThePostOfOtlpAndItsAnswerAMessage(string? encoding)
    {
        var (key, entry) = await host.Gateway.NewKeyAsync(strict: true);
        Received? received = null;
        host.Gateway.Sender.Behaviour = async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var headers = context.Request.Headers.ToDictionary(
                h => h.Key,
                h => h.Value.ToString(),
                StringComparer.OrdinalIgnoreCase
            );
            received = new("", context.Request.Path, "", headers, body.ToArray(), context.Caller());
            context.Response.StatusCode = 202;
            context.Response.ContentType = "application/x-protobuf";
            await context.Response.Body.WriteAsync(Partial);
        };

        var answer = await host.CallAsync(
            key,
            GrpcHost.Frame(Message, flag: (byte)(encoding is null ? 0 : 1)),
            headers: headers =>
            {
                headers.Add("grpc-timeout", "10S");
                headers.Add("grpc-accept-encoding", "gzip");
                headers.Add("idempotency-key", "once");
                if (encoding is not null)
                {
                    headers.Add("grpc-encoding", encoding);
                }
            }
        );

        Assert.Equal((Code.Ok, "", false), (answer.Code, answer.Message, answer.IsTrailersOnly));
        Assert.Equal(GrpcHost.Frame(Partial), answer.Body);
        Assert.Equal("/v1/logs", received!.Path);
        Assert.Equal(Message, received.Body);
        Assert.Equal((entry.Connection.Text, true), (received.Caller.Claims.Connection, received.Caller.Claims.Strict));
        Assert.Equal(
            [
                "Accept-Encoding: ",
                $"Content-Encoding: {encoding}",
                $"Content-Length: {Message.Length}",
                "Content-Type: application/x-protobuf",
                "Idempotency-Key: once",
            ],
            new[] { "Accept-Encoding", "Content-Encoding", "Content-Length", "Content-Type", "Idempotency-Key" }.Select(
                name => $"{name}: {received.Headers.GetValueOrDefault(name)}"
            )
        );
        Assert.DoesNotContain(
            received.Headers.Keys,
            name => name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase) || name is "TE" or "DD-API-KEY"
        );
    }

    /// <summary>An answer that is no message, as of a request that waited for its delivery, is an empty one.</summary>
    [Fact]
    public async Task ASuccessOfAnotherTypeIsAnEmptyMessage()
    {
        var (key, _) = await host.Gateway.NewKeyAsync();
        host.Gateway.Sender.Behaviour = null;

        var answer = await host.CallAsync(key, GrpcHost.Frame([]), type: "application/grpc+proto");

        Assert.Equal((Code.Ok, "AAAAAAA="), (answer.Code, Convert.ToBase64String(answer.Body)));
        Assert.Equal((0, "/v1/logs"), (host.Gateway.Sender.Last.Body.Length, host.Gateway.Sender.Last.Path));
    }

    /// <summary>The largest message that HTTP takes, too; the prefix does not count.</summary>
    [Fact]
    public async Task TheLargestMessageIsTaken()
    {
        var (key, _) = await host.Gateway.NewKeyAsync();
        host.Gateway.Sender.Behaviour = null;
        var largest = RandomNumberGenerator.GetBytes(5_347_737);

        var answer = await host.CallAsync(key, GrpcHost.Frame(largest));

        Assert.Equal(Code.Ok, answer.Code);
        Assert.Equal(largest, host.Gateway.Sender.Last.Body);
    }

    [Theory]
    [InlineData(400, Code.InvalidArgument)]
    [InlineData(403, Code.PermissionDenied)]
    [InlineData(408, Code.DeadlineExceeded)]
    [InlineData(409, Code.Aborted)]
    [InlineData(413, Code.InvalidArgument)]
    [InlineData(415, Code.Unimplemented)]
    [InlineData(422, Code.InvalidArgument)]
    [InlineData(429, Code.Unavailable)]
    [InlineData(500, Code.Internal)]
    [InlineData(503, Code.Unavailable)]
    public async Task ARefusalOfTheSenderIsToldInItsWords(int status, Code code)
    {
        var (key, _) = await host.Gateway.NewKeyAsync();
        host.Gateway.Sender.Behaviour = async context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers["X-Service-Answer"] = "final";
            context.Response.Headers.RetryAfter = status is 429 or 503 ? "30" : default(string);
            await context.Response.WriteAsJsonAsync(new { errors = new[] { "100% größer\nthan it may be" } });
        };

        var answer = await host.CallAsync(key, GrpcHost.Frame(Message));

        Assert.Equal((code, "100% größer\nthan it may be"), answer.CodeAndMessage);
        Assert.True(answer.IsTrailersOnly);
        Assert.Empty(answer.Body);
        Assert.Equal(status is 429 or 503 ? TimeSpan.FromSeconds(30) : null, answer.RetryDelay);
        if (answer.Details is { } details)
        {
            Assert.Equal(((int)code, answer.Message), (details.Code, details.Message));
        }
    }

    [Theory]
    [InlineData("not JSON", "text/plain")]
    [InlineData("""{"errors":[{"detail":"x"}]}""", "application/json")]
    [InlineData("", "application/json")]
    public async Task ARefusalWithoutWordsIsToldInThoseOfHttp(string body, string type)
    {
        var (key, _) = await host.Gateway.NewKeyAsync();
        host.Gateway.Sender.Behaviour = context =>
        {
            (context.Response.StatusCode, context.Response.ContentType) = (400, type);
            return context.Response.WriteAsync(body);
        };

        var answer = await host.CallAsync(key, GrpcHost.Frame(Message));

        Assert.Equal((Code.InvalidArgument, "Bad Request"), answer.CodeAndMessage);
    }

    /// <summary>What it may have begun to say is not part of the answer.</summary>
    [Fact]
    public async Task ASenderThatBreaksOffIsUnavailable()
    {
        var (key, _) = await host.Gateway.NewKeyAsync();
        host.Gateway.Sender.Behaviour = async context =>
        {
            context.Response.StatusCode = 202;
            context.Response.ContentType = "application/x-protobuf";
            context.Response.ContentLength = 1_000;
            await context.Response.Body.WriteAsync(Partial);
            await context.Response.Body.FlushAsync();
            context.Abort();
        };

        var answer = await host.CallAsync(key, GrpcHost.Frame(Message));

        Assert.Equal((Code.Unavailable, "Service unavailable"), answer.CodeAndMessage);
        Assert.Equal(TimeSpan.FromSeconds(5), answer.RetryDelay);
        Assert.Empty(answer.Body);
    }

    [Fact]
    public async Task AKeyInTheHostNameIsTaken()
    {
        var (key, _) = await host.Gateway.NewKeyAsync();
        host.Gateway.Sender.Behaviour = null;

        var answer = await host.CallAsync(
            null,
            GrpcHost.Frame(Message),
            headers: headers => headers.Host = $"{key}.agent.dd.partner.example"
        );

        Assert.Equal(Code.Ok, answer.Code);
    }

    /// <summary>With TLS no port of its own is needed: ALPN chooses.</summary>
    [Fact]
    public async Task WithTlsAPortHasBothProtocols()
    {
        using var certificate = SelfSigned.Create();
        await using var tls = new GatewayHost(
            "--urls=https://127.0.0.1:0",
            $"--Kestrel:Certificates:Default:Path={certificate.Path}",
            $"--Kestrel:Certificates:Default:Password={certificate.Password}"
        );
        await tls.InitializeAsync();
        var (key, _) = await tls.NewKeyAsync();
        using var http = new HttpClient(
            new SocketsHttpHandler
            {
                UseProxy = false,
                SslOptions = new SslClientAuthenticationOptions
                {
                    RemoteCertificateValidationCallback = (_, shown, _, _) =>
                        shown!.GetCertHashString() == certificate.Thumbprint,
                },
            }
        )
        {
            BaseAddress = tls.Url,
        };

        var called = await GrpcHost.CallAsync(http, key, GrpcHost.Frame(Message));
        using var posted = new HttpRequestMessage(HttpMethod.Post, "/v1/logs")
        {
            Content = new ByteArrayContent(Message),
        };
        posted.Headers.Add("DD-API-KEY", key);
        using var answer = await http.SendAsync(posted);

        Assert.Equal(Code.Ok, called.Code);
        Assert.Equal((HttpStatusCode.Accepted, HttpVersion.Version11), (answer.StatusCode, answer.Version));
    }
}
