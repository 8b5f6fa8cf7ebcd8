using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using Partner.Contracts;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>One request that reached the intake.</summary>
internal sealed record Received(string Connection, string Key, IReadOnlyList<string> Lines, string Query, long At);

/// <summary>
/// What the sender calls, in memory: router, vault, auth, and an intake whose answers a test decides. A request to
/// anything else throws.
/// </summary>
internal sealed class FakeDatadog(TimeProvider? time = null) : HttpMessageHandler
{
    private const string IntakeHost = "http-intake.logs.";

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    public ConcurrentQueue<Received> Requests { get; } = [];

    /// <summary>Requests answered with success, in order.</summary>
    public ConcurrentQueue<Received> Taken { get; } = [];

    public ConcurrentQueue<string> Checks { get; } = [];

    public Func<Received, CancellationToken, Task<HttpResponseMessage>> Answer { get; set; } = (_, _) => Accepted();

    public ConnectionCheck Check { get; set; } = new(ConnectionState.Connected, null, true);

    public Func<string, string> SiteOf { get; set; } = _ => "datadoghq.com";

    public bool IsVaultAway { get; set; }

    /// <summary>Of every connection, as the route says it.</summary>
    public ConnectionState State { get; set; } = ConnectionState.Connected;

    /// <summary>Of a connection's key; unless said, that of its route.</summary>
    public Func<string, string?>? KeySite { get; set; }

    public List<string> TakenLines => [.. Taken.SelectMany(r => r.Lines)];

    public static Task<HttpResponseMessage> Accepted() => Status(HttpStatusCode.Accepted, "{}");

    public static Task<HttpResponseMessage> Status(HttpStatusCode status, string body = "") =>
        Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent(body) });

    public Task<List<string>> WaitForAsync(int lines) =>
        Until.AnsweredAsync(() => TakenLines, taken => taken.Count >= lines);

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
                    SiteOf(connection),
                    State,
                    new Dictionary<string, string> { ["Logs"] = $"{IntakeHost}{connection}" }
                )
            ),
            "release" when IsVaultAway => throw new HttpRequestException(HttpRequestError.ConnectionError, "vault"),
            "release" => Json(
                new ReleasedApiKey("key-id", new Secret($"key-of-{connection}"), (KeySite ?? SiteOf)(connection))
            ),
            "check" => Checked(connection),
            _ => throw new InvalidOperationException($"Unplanned request to {url}."),
        };
    }

    private static HttpResponseMessage Json<T>(T value) =>
        new(HttpStatusCode.OK) { Content = JsonContent.Create(value) };

    private HttpResponseMessage Checked(string connection)
    {
        Checks.Enqueue(connection);
        return Json(Check);
    }

    private async Task<HttpResponseMessage> TakeAsync(
        HttpRequestMessage request,
        Uri url,
        CancellationToken cancellationToken
    )
    {
        await using var gzip = new GZipStream(
            await request.Content!.ReadAsStreamAsync(cancellationToken),
            CompressionMode.Decompress
        );
        using var text = new StreamReader(gzip, Encoding.UTF8);
        var received = new Received(
            url.Host[IntakeHost.Length..],
            request.Headers.GetValues("DD-API-KEY").Single(),
            (await text.ReadToEndAsync(cancellationToken)).Split('\n'),
            url.Query,
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
