namespace Partner.Sending.Upstream;

/// <summary>Sink and key of one connection.</summary>
internal sealed record Destination(string Site, Sink Sink, string KeyId, Secret Key);

/// <summary>
/// Routes for 24 to 30 s and keys for 48 to 60 s, so that a lane asks twice a minute and a moved or revoked connection is
/// noticed; never for the same time, so that lanes that began together do not go on asking together. A refused key is
/// dropped at once. A connection that has no site or no key is an outcome, not an exception.
/// </summary>
internal sealed partial class Destinations(
    RouterClient router,
    ApiKeyClient vault,
    Sender sender,
    TimeProvider time,
    Func<double> jitter,
    ILogger<Destinations> logger
)
{
    private const int MaxCached = 20_000;
    private const double Spread = 0.2;
    private static readonly TimeSpan RouteLife = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan KeyLife = TimeSpan.FromSeconds(60);

    private readonly BoundedCache<ConnectionId, ConnectionRoute> _routes = new(MaxCached, time);
    private readonly BoundedCache<ConnectionId, ReleasedApiKey> _keys = new(MaxCached, time);

    public async Task<(Destination? Destination, Outcome? Failure)> FindAsync(
        ConnectionId connection,
        CancellationToken cancellationToken
    )
    {
        try
        {
            if (await RouteAsync(connection, cancellationToken) is not { } route)
            {
                return (null, new Outcome.Parked(ParkCause.NoSite, "The connection has no site."));
            }

            if (route.State.HasEnded())
            {
                // Its API key may live on: writing into an org that has taken its consent back is a breach of trust
                // (datadog-facts 2.7).
                return (null, new Outcome.Parked(ParkCause.GrantEnded, "The customer's authorisation has ended."));
            }

            if (sender.SinkAt(route) is not { } sink)
            {
                return (null, new Outcome.Parked(ParkCause.UnsupportedSite, Unsupported(route)));
            }

            if (await KeyAsync(connection, cancellationToken) is not { } key)
            {
                return (null, new Outcome.Parked(ParkCause.NoKey, "The connection has no API key."));
            }

            if (key.Site != route.Site)
            {
                // One of the two was changed by hand, or is of before a move; a key never goes to another site's host
                // (security 28).
                Log.KeyOfAnotherSite(logger, connection, key.Site ?? "no known site", route.Site);
                return (null, new Outcome.Parked(ParkCause.KeyOfAnotherSite, "The API key belongs to another site."));
            }

            return (new Destination(route.Site, sink, key.KeyId, key.Value), null);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Ours to mend; nothing was sent.
            return (
                null,
                new Outcome.Retry(null, $"Site or key cannot be had: {exception.GetType().Name}", OfPlace: true)
            );
        }
    }

    /// <returns>That the connection's site does not take this type; null: it does, or it cannot be told now.</returns>
    public async Task<string?> FindUnsupportedAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        try
        {
            return await RouteAsync(connection, cancellationToken) is { } route && sender.SinkAt(route) is null
                ? Unsupported(route)
                : null;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Data is accepted and waits rather than being refused for want of an answer.
            return null;
        }
    }

    public void Forget(ConnectionId connection)
    {
        _routes.Remove(connection);
        _keys.Remove(connection);
    }

    private Task<ConnectionRoute?> RouteAsync(ConnectionId connection, CancellationToken cancellationToken) =>
        FindAsync(_routes, connection, router.FindRouteAsync, RouteLife, cancellationToken);

    private Task<ReleasedApiKey?> KeyAsync(ConnectionId connection, CancellationToken cancellationToken) =>
        FindAsync(_keys, connection, vault.ReleaseApiKeyAsync, KeyLife, cancellationToken);

    private async Task<T?> FindAsync<T>(
        BoundedCache<ConnectionId, T> cache,
        ConnectionId connection,
        Func<ConnectionId, CancellationToken, Task<T?>> ask,
        TimeSpan life,
        CancellationToken cancellationToken
    )
        where T : class
    {
        if (cache.TryGet(connection, out var cached))
        {
            return cached;
        }

        var asked = time.GetTimestamp();
        var answer = await ask(connection, cancellationToken);
        if (answer is null)
        {
            cache.Remove(connection);
        }
        else
        {
            cache.Set(connection, answer, (life * (1 - (Spread * jitter()))) - time.GetElapsedTime(asked));
        }

        return answer;
    }

    private string Unsupported(ConnectionRoute route) => $"Site {route.Site} does not take {sender.Name}: unsupported.";

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "The API key of {Connection} is of {KeySite}, its data for {Site}. Nothing was sent; the data waits."
        )]
        public static partial void KeyOfAnotherSite(
            ILogger logger,
            ConnectionId connection,
            string keySite,
            string site
        );
    }
}
