using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Text;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>One request that reached the intake.</summary>
internal sealed record Received(string Connection, string Key, IReadOnlyList<string> Lines, string Query, long At);

/// <summary>What the sender calls, and an intake of <see cref="TestSender"/> whose answers a test decides.</summary>
internal sealed class FakeDatadog(TimeProvider? time = null) : FakeUpstream("Logs")
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    public ConcurrentQueue<Received> Requests { get; } = [];

    /// <summary>Requests answered with success, in order.</summary>
    public ConcurrentQueue<Received> Taken { get; } = [];

    public Func<Received, CancellationToken, Task<HttpResponseMessage>> Answer { get; set; } = (_, _) => Accepted();

    public List<string> TakenLines => [.. Taken.SelectMany(r => r.Lines)];

    public static Task<HttpResponseMessage> Accepted() => Status(HttpStatusCode.Accepted, "{}");

    public static Task<HttpResponseMessage> Status(HttpStatusCode status, string body = "") =>
        Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent(body) });

    public Task<List<string>> WaitForAsync(int lines) =>
        Until.AnsweredAsync(() => TakenLines, taken => taken.Count >= lines);

    protected override async Task<HttpResponseMessage> TakeAsync(
        HttpRequestMessage request,
        string connection,
        CancellationToken cancellationToken
    )
    {
        await using var gzip = new GZipStream(
            await request.Content!.ReadAsStreamAsync(cancellationToken),
            CompressionMode.Decompress
        );
        using var text = new StreamReader(gzip, Encoding.UTF8);
        var received = new Received(
            connection,
            request.Headers.GetValues("DD-API-KEY").Single(),
            (await text.ReadToEndAsync(cancellationToken)).Split('\n'),
            request.RequestUri!.Query,
            _time.GetTimestamp()
        );
        Requests.Enqueue(received);
        var response = await Answer(received, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            Taken.Enqueue(received);
        }

        return response;
    }
}
