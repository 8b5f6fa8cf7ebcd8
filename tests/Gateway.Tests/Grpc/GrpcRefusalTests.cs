using System.Security.Cryptography;
using Google.Rpc;

namespace Partner.Gateway.Tests.Grpc;

/// <summary>Whatever the gateway refuses a call for, its client reads why as gRPC has it.</summary>
public sealed class GrpcRefusalTests(GrpcHost host) : IClassFixture<GrpcHost>
{
    private static readonly byte[] Message = RandomNumberGenerator.GetBytes(200_000);

    public static TheoryData<string, Code, string> BadBodies =>
        new()
        {
            { "empty", Code.InvalidArgument, "The body does not begin with the prefix of a gRPC message." },
            {
                "a part of the prefix",
                Code.InvalidArgument,
                "The body does not begin with the prefix of a gRPC message."
            },
            { "another flag", Code.InvalidArgument, "The body does not begin with the prefix of a gRPC message." },
            { "truncated", Code.InvalidArgument, "The body ends within its gRPC message." },
            { "nothing of it", Code.InvalidArgument, "The body ends within its gRPC message." },
            { "two messages", Code.InvalidArgument, "The body goes on behind its gRPC message; the method takes one." },
            {
                "one behind none",
                Code.InvalidArgument,
                "The body goes on behind its gRPC message; the method takes one."
            },
            { "too large", Code.InvalidArgument, "Payload too large" },
            { "a length beyond all", Code.InvalidArgument, "Payload too large" },
            { "compressed by nothing", Code.Internal, "A compressed message has a grpc-encoding." },
            {
                "compressed by another",
                Code.Unimplemented,
                "grpc-encoding is not one of identity, gzip, deflate, zstd."
            },
        };

    /// <summary>The service behind must not take what the client is told is not taken.</summary>
    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task ABodyThatIsNotOneMessageIsRefusedAndNothingOfItTaken(string what, Code code, string text)
    {
        var (key, _) = await host.Gateway.NewKeyAsync();
        var ended = 0;
        host.Gateway.Sender.Behaviour = async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            ended++;
            context.Response.StatusCode = 202;
        };

        var answer = await host.CallAsync(
            key,
            Body(what),
            headers: headers =>
            {
                if (what == "compressed by another")
                {
                    headers.Add("grpc-encoding", "snappy");
                }
            }
        );

        Assert.Equal((code, text), answer.CodeAndMessage);
        Assert.True(answer.IsTrailersOnly);
        Assert.Null(answer.Details);
        Assert.Equal("identity,gzip,deflate,zstd", Accepted(answer));
        Assert.Equal(0, ended);
    }

    [Theory]
    [InlineData("/opentelemetry.proto.collector.logs.v1.LogsService/Other", "application/grpc")]
    [InlineData("/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export", "application/grpc")]
    [InlineData("/api/v2/logs", "application/grpc")]
    [InlineData("/v1/logs", "application/grpc+proto")]
    [InlineData("/partner/v1/tenants", "application/grpc")]
    [InlineData("/", "application/grpc;charset=utf-8")]
    public async Task AnotherMethodIsUnimplemented(string path, string type)
    {
        var (key, _) = await host.Gateway.NewKeyAsync();

        var answer = await host.CallAsync(key, GrpcHost.Frame(Message), path, type);

        Assert.Equal((Code.Unimplemented, "Not found", true), (answer.Code, answer.Message, answer.IsTrailersOnly));
    }

    [Fact]
    public async Task JsonInAFrameIsUnimplemented()
    {
        var (key, _) = await host.Gateway.NewKeyAsync();

        var answer = await host.CallAsync(key, GrpcHost.Frame("{}"u8.ToArray()), type: "application/grpc+json");

        Assert.Equal((Code.Unimplemented, "This path takes application/grpc over HTTP/2."), answer.CodeAndMessage);
    }

    [Theory]
    [InlineData(null, "API key required")]
    [InlineData("00000000000000000000000000000000", "Forbidden")]
    [InlineData("no key", "Forbidden")]
    public async Task WithoutAKeyOfOursItIsUnauthenticated(string? key, string text)
    {
        var answer = await host.CallAsync(key, GrpcHost.Frame(Message));

        Assert.Equal((Code.Unauthenticated, text, true), (answer.Code, answer.Message, answer.IsTrailersOnly));
    }

    /// <summary>The metrics sender is not there at all.</summary>
    [Fact]
    public async Task AServiceThatIsAwayIsUnavailableAndSaysWhenToAskAgain()
    {
        var (key, _) = await host.Gateway.NewKeyAsync();

        var answer = await host.CallAsync(
            key,
            GrpcHost.Frame(Message),
            "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
        );

        Assert.Equal((Code.Unavailable, "Service unavailable"), answer.CodeAndMessage);
        Assert.Equal(TimeSpan.FromSeconds(5), answer.RetryDelay);
    }

    [Fact]
    [Trait("fault", "F14")]
    public async Task AFloodingConnectionIsToldWhenToAskAgain()
    {
        await using var limited = new GrpcHost(["--Limits:Connection:PerSecond=0.5", "--Limits:Connection:Burst=1"]);
        await limited.InitializeAsync();
        var (key, _) = await limited.Gateway.NewKeyAsync();

        Assert.Equal(Code.Ok, (await limited.CallAsync(key, GrpcHost.Frame(Message))).Code);
        var answer = await limited.CallAsync(key, GrpcHost.Frame(Message));

        Assert.Equal((Code.Unavailable, "Too many requests"), answer.CodeAndMessage);
        Assert.Equal(TimeSpan.FromSeconds(2), answer.RetryDelay);
        Assert.Equal("ingest_requests", answer.Headers.GetValues("X-RateLimit-Name").Single());

        limited.Gateway.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(Code.Ok, (await limited.CallAsync(key, GrpcHost.Frame(Message))).Code);
    }

    [Fact]
    public async Task WhileNoKeysAreKnownItIsUnavailable()
    {
        await using var blind = new GrpcHost([], withoutAuth: true);
        await blind.InitializeAsync();

        var answer = await blind.CallAsync(new string('0', 32), GrpcHost.Frame(Message));

        Assert.Equal((Code.Unavailable, TimeSpan.FromSeconds(5)), (answer.Code, answer.RetryDelay));
    }

    /// <summary>As the statuses that they are; an answer of gRPC is 200 in every case.</summary>
    [Fact]
    public async Task TheAccessLogSaysTheStatusThatHttpWouldHave()
    {
        await host.CallAsync(null, GrpcHost.Frame(Message));

        Assert.Contains(
            host.Gateway.Logs.Messages,
            line => line.StartsWith($"POST {GrpcHost.LogsExport} 403 in ", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task OverHttp1AMethodIsNoPath()
    {
        var (key, _) = await host.Gateway.NewKeyAsync();
        using var body = new ByteArrayContent(GrpcHost.Frame(Message));
        body.Headers.ContentType = new("application/grpc");

        var answer = await host.Gateway.SendAsync(HttpMethod.Post, GrpcHost.LogsExport, key, body);

        Assert.Equal((415, """{"errors":["This path takes application/grpc over HTTP/2."]}"""), answer.StatusAndBody);
    }

    private static string Accepted(GrpcAnswer answer) =>
        string.Join(',', answer.Headers.GetValues("grpc-accept-encoding")).Replace(" ", "", StringComparison.Ordinal);

    private static byte[] Body(string what) =>
        what switch
        {
            "empty" => [],
            "a part of the prefix" => [0, 0, 0],
            "another flag" => GrpcHost.Frame(Message, flag: 2),
            "truncated" => GrpcHost.Frame(Message)[..^1],
            "nothing of it" => GrpcHost.Frame([], length: 10),
            "two messages" => [.. GrpcHost.Frame(Message), .. GrpcHost.Frame(Message)],
            "one behind none" => [.. GrpcHost.Frame([]), .. GrpcHost.Frame(Message)],
            "too large" => GrpcHost.Frame(new byte[5_347_738]),
            "a length beyond all" => GrpcHost.Frame(Message, length: -1),
            "compressed by nothing" or "compressed by another" => GrpcHost.Frame(Message, flag: 1),
            _ => throw new ArgumentOutOfRangeException(nameof(what), what, null),
        };
}
