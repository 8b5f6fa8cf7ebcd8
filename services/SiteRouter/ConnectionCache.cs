using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Partner.DatadogClient;

namespace Partner.SiteRouter;

/// <summary>
/// Auth's answers for a short time, and for longer while auth is down. An unknown connection or one without a site is
/// not remembered: it may have become usable the moment after. Own code beside FusionCache: what is remembered, and
/// for how long, depends on the answer.
/// </summary>
internal sealed partial class ConnectionCache(
    ConnectionClient auth,
    IOptions<SiteRouterOptions> options,
    TimeProvider time,
    ILogger<ConnectionCache> logger
)
{
    private readonly SiteRouterOptions _options = options.Value;
    private readonly ConcurrentDictionary<ConnectionId, Entry> _entries = [];
    private readonly SingleFlight<ConnectionId, ConnectionRecord?> _asking = new();

    internal int Count => _entries.Count;

    public async Task<ConnectionRecord?> FindAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        if (_entries.TryGetValue(connection, out var entry) && time.GetUtcNow() < entry.AskAgainAt)
        {
            return entry.Record;
        }

        return await _asking.RunAsync(connection, () => AskAsync(connection), cancellationToken);
    }

    private async Task<ConnectionRecord?> AskAsync(ConnectionId connection)
    {
        try
        {
            var answer = await auth.FindAsync(connection, CancellationToken.None);
            Keep(connection, answer);
            return answer;
        }
        catch (Exception exception) when (exception is HttpRequestException or TimeoutException)
        {
            if (Last(connection, exception) is { } record)
            {
                return record;
            }

            throw;
        }
    }

    private void Keep(ConnectionId connection, ConnectionRecord? record)
    {
        if (record?.Site is null)
        {
            _entries.TryRemove(connection, out _);
            return;
        }

        if (_entries.Count >= _options.MaxConnections)
        {
            foreach (var old in _entries.OrderBy(e => e.Value.AnsweredAt).Take(_options.MaxConnections / 10).ToList())
            {
                _entries.TryRemove(old);
            }
        }

        var now = time.GetUtcNow();
        _entries[connection] = new Entry(record, now, now + _options.Fresh);
    }

    private ConnectionRecord? Last(ConnectionId connection, Exception exception)
    {
        var now = time.GetUtcNow();
        if (!_entries.TryGetValue(connection, out var entry) || now >= entry.AnsweredAt + _options.Stale)
        {
            return null;
        }

        Log.ServedFromMemory(logger, connection, exception.GetType().Name);
        _entries[connection] = entry with { AskAgainAt = now + _options.Pause };
        return entry.Record;
    }

    private sealed record Entry(ConnectionRecord Record, DateTimeOffset AnsweredAt, DateTimeOffset AskAgainAt);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Auth does not answer ({Exception}): {Connection} is served from memory")]
        public static partial void ServedFromMemory(ILogger logger, ConnectionId connection, string exception);
    }
}
