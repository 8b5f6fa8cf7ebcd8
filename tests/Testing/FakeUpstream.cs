using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using Partner.Contracts;

namespace Partner.Testing;

/// <summary>
/// All that a sender calls, in memory: site router, vault, auth, and an intake that a test writes. A request to anything
/// else throws. Each connection has a host and a key of its own, made of its id.
/// </summary>
public abstract class FakeUpstream(string product) : HttpMessageHandler
{
    private const string IntakeHost = "intake.";

    /// <summary>The only product that the connections' site has a host for.</summary>
    public string Product { get; set; } = product;

    /// <summary>Of every connection, as its route says it.</summary>
    public ConnectionState State { get; set; } = ConnectionState.Connected;

    /// <summary>Of a connection, by its id.</summary>
    public Func<string, string> SiteOf { get; set; } = _ => "datadoghq.com";

    /// <summary>Of a connection's key; unless said, that of its route.</summary>
    public Func<string, string?>? KeySite { get; set; }

    public bool IsVaultAway { get; set; }

    /// <summary>What auth finds when it is asked to check a connection.</summary>
    public ConnectionCheck Check { get; set; } = new(ConnectionState.Connected, null, true);

    /// <summary>The connections that auth was asked to check.</summary>
    public ConcurrentQueue<string> Checks { get; } = [];

    protected abstract Task<HttpResponseMessage> TakeAsync(
        HttpRequestMessage request,
        string connection,
        CancellationToken cancellationToken
    );

    protected sealed override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        var url = request.RequestUri!;
        return url.Host.StartsWith(IntakeHost, StringComparison.Ordinal)
            ? await TakeAsync(request, url.Host[IntakeHost.Length..], cancellationToken)
            : Answer(url.Segments[^1], url.Segments[4].Trim('/'), url);
    }

    private HttpResponseMessage Answer(string question, string connection, Uri url)
    {
        switch (question)
        {
            case "route":
                return Json(
                    new ConnectionRoute(
                        ConnectionId.Parse(connection),
                        SiteOf(connection),
                        State,
                        new Dictionary<string, string> { [Product] = $"{IntakeHost}{connection}" }
                    )
                );
            case "release" when IsVaultAway:
                throw new HttpRequestException(HttpRequestError.ConnectionError, "vault");
            case "release":
                return Json(
                    new ReleasedApiKey("key-id", new Secret($"key-of-{connection}"), (KeySite ?? SiteOf)(connection))
                );
            case "check":
                Checks.Enqueue(connection);
                return Json(Check);
            default:
                throw new InvalidOperationException($"Unplanned request to {url}.");
        }
    }

    private static HttpResponseMessage Json<T>(T value) =>
        new(HttpStatusCode.OK) { Content = JsonContent.Create(value) };
}
