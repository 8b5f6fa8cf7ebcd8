using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Partner.DatadogClient;

namespace Partner.SiteRouter.Datadog;

/// <summary>
/// Leaves the customer its part of the org's limits: a caller that asks for more than ours is told to wait, and Datadog
/// is not asked. Counted in this process; what another replica used looks like the customer's own use.
/// </summary>
internal sealed class RateShare(IOptions<SiteRouterOptions> options, TimeProvider time)
{
    private const int MostWindows = 100_000;

    // Which limit an endpoint falls under, its answers tell. Until then, and where they give it no name, its own key.
    private readonly ConcurrentDictionary<(ConnectionId, string Endpoint), string> _names = [];
    private readonly ConcurrentDictionary<(ConnectionId, string Name), RateWindow> _windows = [];

    public RateTurn Ask(ConnectionId connection, Endpoint endpoint)
    {
        var name = _names.GetValueOrDefault((connection, endpoint.Key), endpoint.Key);
        var window = _windows.GetValueOrDefault((connection, name));
        return window?.Take(time.GetUtcNow()) is { } wait
            ? new RateTurn.Wait(wait)
            : new RateTurn.Go(announced => Learn(connection, endpoint, window, announced));
    }

    private void Learn(ConnectionId connection, Endpoint endpoint, RateWindow? taken, RateLimitHeaders? announced)
    {
        var now = time.GetUtcNow();
        if (announced is null)
        {
            taken?.Return(null, now);
            return;
        }

        Forget(now);
        var name = announced.Name ?? _names.GetValueOrDefault((connection, endpoint.Key), endpoint.Key);
        _names[(connection, endpoint.Key)] = name;
        var window = _windows.GetOrAdd((connection, name), _ => new RateWindow(options.Value.RateShare));
        if (window == taken)
        {
            window.Return(announced, now);
        }
        else
        {
            taken?.Return(null, now);
            window.Begin(announced, now);
        }
    }

    // A limit whose period is over says nothing any more.
    private void Forget(DateTimeOffset now)
    {
        if (_windows.Count < MostWindows)
        {
            return;
        }

        foreach (var window in _windows.Where(window => window.Value.ResetAt < now).ToList())
        {
            _windows.TryRemove(window);
        }

        if (_windows.Count >= MostWindows)
        {
            _windows.Clear();
        }

        foreach (var name in _names.Where(name => !_windows.ContainsKey((name.Key.Item1, name.Value))).ToList())
        {
            _names.TryRemove(name);
        }
    }
}

internal abstract record RateTurn
{
    /// <param name="Learn">To be called once, with what the answer announced or null.</param>
    public sealed record Go(Action<RateLimitHeaders?> Learn) : RateTurn;

    public sealed record Wait(RateLimitHeaders Limit) : RateTurn;
}
