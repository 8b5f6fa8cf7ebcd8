using Partner.DatadogClient;

namespace Partner.SiteRouter.Datadog;

/// <summary>
/// One limit of one org, and what of it is ours. Limits belong to the org (datadog-facts 3.8, 4): of what its own tools
/// leave we take our share and no more. With a share of a half: as many as remain.
/// </summary>
internal sealed class RateWindow(double share)
{
    private readonly Lock _lock = new();
    private string? _name;
    private long _limit;
    private long _remaining;
    private long _ours;
    private long _inFlight;
    private TimeSpan _period;
    private DateTimeOffset _resetAt = DateTimeOffset.MinValue;

    public DateTimeOffset ResetAt
    {
        get
        {
            lock (_lock)
            {
                return _resetAt;
            }
        }
    }

    /// <returns>Null: go on, and <see cref="Return"/> afterwards. Else what there is to wait for.</returns>
    public RateLimitHeaders? Take(DateTimeOffset now)
    {
        lock (_lock)
        {
            Roll(now);
            if (now < _resetAt && !IsOurs())
            {
                return new RateLimitHeaders(_name, _limit, _period, 0, _resetAt - now);
            }

            _inFlight++;
            return null;
        }
    }

    /// <param name="announced">Null: the answer told nothing, or there was none.</param>
    public void Return(RateLimitHeaders? announced, DateTimeOffset now)
    {
        lock (_lock)
        {
            _inFlight--;
            Count(announced, now);
        }
    }

    /// <summary>The first that is heard of this limit.</summary>
    public void Begin(RateLimitHeaders announced, DateTimeOffset now)
    {
        lock (_lock)
        {
            Count(announced, now);
        }
    }

    // Of what is left and what we had, our share; and one, where the limit is that small.
    private bool IsOurs()
    {
        var (ours, left) = (_ours + _inFlight, _remaining - _inFlight);
        return left > 0 && (ours == 0 || ours + 1 <= share * (ours + left));
    }

    private void Count(RateLimitHeaders? announced, DateTimeOffset now)
    {
        Roll(now);
        _ours++;
        if (announced is null)
        {
            return;
        }

        var resetAt = now + announced.Reset;
        // Reset is in whole seconds: two answers of one period differ by a little, those of two by a period.
        var tolerance = announced.Period > TimeSpan.FromSeconds(2) ? announced.Period / 2 : TimeSpan.FromSeconds(1);
        if (resetAt > _resetAt + tolerance)
        {
            (_resetAt, _ours, _remaining) = (resetAt, 1, announced.Remaining);
        }
        else if (resetAt > _resetAt - tolerance)
        {
            _remaining = Math.Min(_remaining, announced.Remaining);
        }

        (_name, _limit) = (announced.Name ?? _name, announced.Limit);
        _period = announced.Period > TimeSpan.Zero ? announced.Period : _period;
    }

    // Periods are aligned to the calendar: the next begins where this ends.
    private void Roll(DateTimeOffset now)
    {
        if (now < _resetAt || _resetAt == DateTimeOffset.MinValue)
        {
            return;
        }

        (_ours, _remaining) = (0, _limit);
        var periods = _period > TimeSpan.Zero ? ((now - _resetAt) / _period) + 1 : 0;
        _resetAt = periods > 0 ? _resetAt + (_period * Math.Floor(periods)) : DateTimeOffset.MinValue;
    }
}
