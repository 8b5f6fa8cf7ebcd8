using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Partner.AppHost.Tests.Clients;

/// <summary>What a browser's view of the network and its console say of a page.</summary>
internal sealed class SeenByPage
{
    private readonly ConcurrentQueue<string> _console = [];
    private readonly ConcurrentQueue<Uri> _requests = [];
    private readonly ConcurrentQueue<(Uri Address, string What)> _outcomes = [];

    public SeenByPage(IPage page)
    {
        page.Console += (_, message) => _console.Enqueue($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => _console.Enqueue($"uncaught: {error}");
        page.Request += (_, request) => _requests.Enqueue(new Uri(request.Url));
        page.RequestFailed += (_, request) => _outcomes.Enqueue((new Uri(request.Url), $"{request.Failure}"));
        page.RequestFinished += async (_, request) =>
            _outcomes.Enqueue((new Uri(request.Url), $"{(await request.ResponseAsync())?.Status}"));
    }

    public IReadOnlyCollection<string> Console => _console;

    /// <summary>Of a page that goes meanwhile not all.</summary>
    public IReadOnlyList<Uri> SentTo(string path) => [.. _requests.Where(address => IsTo(address, path))];

    /// <summary>A status, or why there was none. Of an answer that the page may not read the browser knows one or the other.</summary>
    public IReadOnlyList<string> OutcomesOf(string path) =>
        [.. _outcomes.Where(o => IsTo(o.Address, path)).Select(o => o.What)];

    /// <summary>Whichever of the two forms the SDK was told: the path is the request's or stands in its query.</summary>
    private static bool IsTo(Uri address, string path) =>
        Uri.UnescapeDataString(address.PathAndQuery).Contains(path, StringComparison.Ordinal);
}
