using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Partner.ServiceDefaults;

/// <summary>
/// Values, each for a time of its own. When there are <paramref name="most"/>, all go: a cached value can be had again,
/// and a rare flood of questions costs less than keeping order for each.
/// </summary>
public sealed class BoundedCache<TKey, TValue>(int most, TimeProvider time)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, (TValue Value, long Until)> _entries = [];

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var isFound = _entries.TryGetValue(key, out var entry);
        value = entry.Value;
        return isFound && time.GetTimestamp() < entry.Until;
    }

    public void Set(TKey key, TValue value, TimeSpan life)
    {
        if (_entries.Count >= most)
        {
            _entries.Clear();
        }

        _entries[key] = (value, time.GetTimestamp() + (long)(life.TotalSeconds * time.TimestampFrequency));
    }

    public void Remove(TKey key) => _entries.TryRemove(key, out _);
}
