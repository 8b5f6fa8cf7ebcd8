using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Partner.Gateway.Keys;

/// <summary>
/// Every live ingest key, in memory: a request costs no look-up elsewhere, and an outage of auth does not stop ingest.
/// Written by one poller, read by all requests.
/// </summary>
internal sealed class KeyTable(IOptions<KeyTableOptions> options, TimeProvider time)
{
    private volatile ConcurrentDictionary<KeyHash, IngestKey>? _keys;
    private long _confirmedAt;

    public bool IsLoaded => _keys is not null;

    public int Count => _keys?.Count ?? 0;

    /// <summary>Time since auth last confirmed the table; null before the first load.</summary>
    public TimeSpan? Age => IsLoaded ? time.GetElapsedTime(Volatile.Read(ref _confirmedAt)) : null;

    /// <summary>
    /// False before the first load and when auth has been away for too long: no clients can be told apart then.
    /// </summary>
    public bool CanAnswer => Age <= options.Value.MaxAge;

    public IngestKey? Find(KeyHash hash) => _keys?.GetValueOrDefault(hash);

    public IEnumerable<IngestKey> All => _keys?.Values ?? [];

    public void Apply(IEnumerable<IngestKeyEntry> changes)
    {
        var keys = _keys ??= [];
        Apply(keys, changes, keys);
    }

    /// <summary>Takes the place of all known keys, at once: no request meets half a table.</summary>
    public void Replace(IEnumerable<IngestKeyEntry> all)
    {
        var keys = new ConcurrentDictionary<KeyHash, IngestKey>();
        Apply(keys, all, _keys);
        Confirm();
        _keys = keys;
    }

    /// <summary>Auth has said that this is the state of things.</summary>
    public void Confirm() => Volatile.Write(ref _confirmedAt, time.GetTimestamp());

    private static void Apply(
        ConcurrentDictionary<KeyHash, IngestKey> keys,
        IEnumerable<IngestKeyEntry> changes,
        ConcurrentDictionary<KeyHash, IngestKey>? before
    )
    {
        foreach (var change in changes)
        {
            var hash = KeyHash.Parse(change.Hash);
            if (change.Live)
            {
                keys[hash] = new IngestKey(change.KeyId, change.Connection, change.Strict, change.Org, change.Origins)
                {
                    // The same mark: a report of it may be under way.
                    Use = before?.GetValueOrDefault(hash)?.Use ?? new(),
                };
            }
            else
            {
                keys.TryRemove(hash, out _);
            }
        }
    }
}
