namespace Partner.Gateway.Limits;

/// <summary>
/// Holds up to <paramref name="burst"/> tokens and gains <paramref name="perSecond"/> of them. Own code beside
/// System.Threading.RateLimiting: it runs on the time provider and says the exact wait.
/// </summary>
internal sealed class TokenBucket(double perSecond, double burst, TimeProvider time)
{
    private readonly Lock _lock = new();
    private double _used;
    private long _at = time.GetTimestamp();

    public bool IsFull
    {
        get
        {
            lock (_lock)
            {
                return Refill() <= 0;
            }
        }
    }

    /// <summary>Takes one token. False: none is left, and <paramref name="wait"/> says when the next one is there.</summary>
    public bool TryTake(out TimeSpan wait)
    {
        lock (_lock)
        {
            if (burst - Refill() < 1)
            {
                wait = TimeSpan.FromSeconds((1 - (burst - _used)) / perSecond);
                return false;
            }

            _used++;
            wait = default;
            return true;
        }
    }

    private double Refill()
    {
        var now = time.GetTimestamp();
        _used = Math.Max(0, _used - (time.GetElapsedTime(_at, now).TotalSeconds * perSecond));
        _at = now;
        return _used;
    }
}
