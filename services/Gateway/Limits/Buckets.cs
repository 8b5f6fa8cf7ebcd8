using System.Collections.Concurrent;

namespace Partner.Gateway.Limits;

/// <summary>
/// A bucket for each of many. Bounded, since a client may choose the key: at the bound the full buckets go (they
/// remember nothing), and if that does not help, newcomers share one.
/// </summary>
internal sealed class Buckets<TKey>(RateOptions rate, TimeProvider time)
    where TKey : notnull
{
    private const int Max = 100_000;

    private readonly ConcurrentDictionary<TKey, TokenBucket> _buckets = [];
    private readonly TokenBucket _shared = new(rate.PerSecond, rate.Burst, time);
    private readonly Lock _sweeping = new();

    public RateOptions Rate => rate;

    public bool TryTake(TKey key, out TimeSpan wait)
    {
        if (_buckets.TryGetValue(key, out var bucket))
        {
            return bucket.TryTake(out wait);
        }

        return (
            HasRoom() ? _buckets.GetOrAdd(key, _ => new TokenBucket(rate.PerSecond, rate.Burst, time)) : _shared
        ).TryTake(out wait);
    }

    private bool HasRoom()
    {
        // Counting locks the dictionary; newcomers are rare enough.
        if (_buckets.Count < Max)
        {
            return true;
        }

        if (_sweeping.TryEnter())
        {
            try
            {
                foreach (var (key, bucket) in _buckets)
                {
                    if (bucket.IsFull)
                    {
                        _buckets.TryRemove(key, out _);
                    }
                }
            }
            finally
            {
                _sweeping.Exit();
            }
        }

        return _buckets.Count < Max;
    }
}
