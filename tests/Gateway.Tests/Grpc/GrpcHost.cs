using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Rpc;
using Partner.Testing;

namespace Partner.Gateway.Tests.Grpc;

/// <summary>A gateway with a port for HTTP/2 without TLS, and a client that writes the frames of gRPC by hand.</summary>
public sealed class GrpcHost : IAsyncLifetime
{
    public const string LogsExport = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

    private readonly int _port = LocalProcess.FreePort();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });

    public GrpcHost()
        : this([]) { }

    internal GrpcHost(string[] settings, bool withoutAuth = false)
    {
        _http.BaseAddress = new Uri($"http://127.0.0.1:{_port}");
        Gateway = new GatewayHost([
            $"--urls=http://127.0.0.1:0;http://127.0.0.1:{_port}",
            $"--Grpc:Port={_port}",
            .. settings,
        ])
        {
            Before = auth => auth.IsDown = withoutAuth,
        };
    }

    internal GatewayHost Gateway { get; }

    public ValueTask InitializeAsync() => Gateway.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Gateway.DisposeAsync();
    }

    /// <summary>A message behind its prefix.</summary>
    internal static byte[] Frame(byte[] message, byte flag = 0, int? length = null)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), length ?? message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    internal Task<GrpcAnswer> CallAsync(
        string? key,
        byte[] body,
        string path = LogsExport,
        string type = "application/grpc",
        Action<HttpRequestHeaders>? headers = null
    ) => CallAsync(_http, key, body, path, type, headers);

    internal static async Task<GrpcAnswer> CallAsync(
        HttpClient http,
        string? key,
        byte[] body,
        string path = LogsExport,
        string type = "application/grpc",
        Action<HttpRequestHeaders>? headers = null
    )
    {
        // As clients send it: how long the body is, only the frame says.
        using var streamed = new StreamContent(new MemoryStream(body))
        {
            Headers = { ContentType = MediaTypeHeaderValue.Parse(type) },
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = streamed,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TE.Add(new("trailers"));
        if (key is not null)
        {
            request.Headers.Add("dd-api-key", key);
        }

        headers?.Invoke(request.Headers);
        using var response = await http.SendAsync(request);
        var message = await response.Content.ReadAsByteArrayAsync();
        return new GrpcAnswer(response, message);
    }
}

/// <summary>What a client of gRPC reads of an answer, which is well-formed in every case.</summary>
internal sealed class GrpcAnswer
{
    public GrpcAnswer(HttpResponseMessage response, byte[] body)
    {
        Assert.Equal(
            (HttpStatusCode.OK, "application/grpc"),
            (response.StatusCode, $"{response.Content.Headers.ContentType}")
        );
        IsTrailersOnly = response.Headers.Contains("grpc-status");
        var last = IsTrailersOnly ? response.Headers : response.TrailingHeaders;
        Code = (Code)int.Parse(last.GetValues("grpc-status").Single());
        Message = last.TryGetValues("grpc-message", out var text) ? Uri.UnescapeDataString(text.Single()) : "";
        if (last.TryGetValues("grpc-status-details-bin", out var details))
        {
            var base64 = details.Single();
            Details = Status.Parser.ParseFrom(
                Convert.FromBase64String(base64.PadRight((base64.Length + 3) / 4 * 4, '='))
            );
        }

        Headers = response.Headers;
        Body = body;
    }

    public bool IsTrailersOnly { get; }

    public Code Code { get; }

    public string Message { get; }

    public Status? Details { get; }

    public HttpResponseHeaders Headers { get; }

    public byte[] Body { get; }

    /// <summary>Null: no RetryInfo.</summary>
    public TimeSpan? RetryDelay => Details?.Details.Single().Unpack<RetryInfo>().RetryDelay.ToTimeSpan();

    public (Code Code, string Message) CodeAndMessage => (Code, Message);
}
