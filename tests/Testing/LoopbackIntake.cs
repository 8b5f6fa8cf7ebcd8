using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using Partner.Contracts;

namespace Partner.Testing;

/// <summary>A batch as the intake got it.</summary>
public sealed record IntakeRequest(string Connection, string Key, string PathAndQuery, string? ContentType, byte[] Body)
{
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
}

/// <summary>
/// All that a sender calls, in memory: site router, vault, auth, and an intake whose answers a test decides. A request
/// to anything else throws. Each connection has a host and a key of its own, made of its id.
/// </summary>
public sealed class LoopbackIntake(string product) : HttpMessageHandler
{
    private const string IntakeHost = "intake.";

    /// <summary>The only product that the connections' site has a host for.</summary>
    public string Product { get; set; } = product;

    public ConcurrentQueue<IntakeRequest> Taken { get; } = [];

    public Func<IntakeRequest, Task<HttpStatusCode>> Answer { get; set; } =
        _ => Task.FromResult(HttpStatusCode.Accepted);

    /// <summary>False: counts only, for a load that would fill the memory.</summary>
    public bool Keeps { get; set; } = true;

    public async Task<List<IntakeRequest>> WaitForAsync(int requests)
    {
        await Until.TrueAsync(() => Taken.Count >= requests);
        return [.. Taken];
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        var url = request.RequestUri!;
        if (url.Host.StartsWith(IntakeHost, StringComparison.Ordinal))
        {
            return await TakeAsync(request, url, cancellationToken);
        }

        var connection = url.Segments[4].Trim('/');
        return url.Segments[^1] switch
        {
            "route" => Json(
                new ConnectionRoute(
                    ConnectionId.Parse(connection),
                    "datadoghq.com",
                    ConnectionState.Connected,
                    new Dictionary<string, string> { [Product] = $"{IntakeHost}{connection}" }
                )
            ),
            "release" => Json(new ReleasedApiKey("key-id", new Secret($"key-of-{connection}"), "datadoghq.com")),
            "check" => Json(new ConnectionCheck(ConnectionState.Connected, null, true)),
            _ => throw new InvalidOperationException($"Unplanned request to {url}."),
        };
    }

    private static HttpResponseMessage Json<T>(T value) =>
        new(HttpStatusCode.OK) { Content = JsonContent.Create(value) };

    private async Task<HttpResponseMessage> TakeAsync(
        HttpRequestMessage request,
        Uri url,
        CancellationToken cancellationToken
    )
    {
        var compressed = await request.Content!.ReadAsStreamAsync(cancellationToken);
        await using Stream plain =
            request.Content.Headers.ContentEncoding.Single() == "deflate"
                ? new ZLibStream(compressed, CompressionMode.Decompress)
                : new GZipStream(compressed, CompressionMode.Decompress);
        using var body = new MemoryStream();
        await plain.CopyToAsync(body, cancellationToken);
        var received = new IntakeRequest(
            url.Host[IntakeHost.Length..],
            request.Headers.GetValues("DD-API-KEY").Single(),
            url.PathAndQuery,
            request.Content.Headers.ContentType?.MediaType,
            body.ToArray()
        )
        {
            Headers = request.Headers.ToDictionary(
                h => h.Key,
                h => string.Join(',', h.Value),
                StringComparer.OrdinalIgnoreCase
            ),
        };
        var status = await Answer(received);
        if (Keeps && (int)status < 300)
        {
            Taken.Enqueue(received);
        }

        return new HttpResponseMessage(status) { Content = new StringContent("{}") };
    }
}
