using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;

namespace Partner.Testing;

/// <summary>A batch as the intake got it.</summary>
public sealed record IntakeRequest(string Connection, string Key, string PathAndQuery, string? ContentType, byte[] Body)
{
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
}

/// <summary>All that a sender calls, and an intake of any type whose answers a test decides.</summary>
public sealed class LoopbackIntake(string product) : FakeUpstream(product)
{
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

    protected override async Task<HttpResponseMessage> TakeAsync(
        HttpRequestMessage request,
        string connection,
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
            connection,
            request.Headers.GetValues("DD-API-KEY").Single(),
            request.RequestUri!.PathAndQuery,
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
