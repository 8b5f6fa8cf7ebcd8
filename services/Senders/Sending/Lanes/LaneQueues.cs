using System.Diagnostics.CodeAnalysis;

namespace Partner.Sending.Lanes;

/// <summary>What lanes wait for: their turn and a permit, the end of a back-off, a read of their backlog.</summary>
internal sealed class LaneQueues(LanePolicy policy, DeliveryOptions options, SenderLimits limits)
{
    /// <summary>
    /// Live batches to one of backlog, when both wait: catching up holds no lane's live data back, and is not held back
    /// for ever either (F23).
    /// </summary>
    private const int LiveInARow = 3;

    private readonly DeficitRoundRobin<Lane> _live = new(options.Quantum);
    private readonly DeficitRoundRobin<Lane> _backlog = new(options.Quantum);
    private readonly Permits _permits = new(options);
    private readonly PriorityQueue<Lane, long> _later = new();
    private readonly Queue<Lane> _toLoad = new();
    private int _liveInARow;

    public int InFlight => _permits.InFlight;

    /// <summary>When the first back-off is over; null if none is waiting.</summary>
    public long? NextDue => _later.TryPeek(out _, out var due) ? due : null;

    /// <summary>Puts a lane where it belongs after anything has changed.</summary>
    /// <returns>It stands in the line for permits.</returns>
    public bool Place(Lane lane, long now, long memory)
    {
        if (lane.IsGone)
        {
            return false;
        }

        if (!LanePolicy.IsOpen(lane, now))
        {
            if ((lane.HasQueued || lane.More) && lane.WaitsUntil != lane.Health.NotBefore)
            {
                lane.WaitsUntil = lane.Health.NotBefore;
                _later.Enqueue(lane, lane.WaitsUntil);
            }

            return false;
        }

        if (policy.NeedsLoad(lane, now, memory) && !lane.AwaitsLoad)
        {
            lane.AwaitsLoad = true;
            _toLoad.Enqueue(lane);
        }

        if (!lane.HasQueued || lane.AwaitsLimiter || !policy.CanSend(lane, now))
        {
            return false;
        }

        var (live, backlog) = (lane.Has(Traffic.Live), lane.Has(Traffic.Backlog));
        if (live)
        {
            _live.Add(lane);
        }

        if (backlog)
        {
            _backlog.Add(lane);
        }

        return live || backlog;
    }

    /// <summary>It waits for a permit or a read, as others do.</summary>
    public bool HasInLine(Lane lane) =>
        lane.AwaitsLimiter || lane.AwaitsLoad || _live.Contains(lane) || _backlog.Contains(lane);

    /// <summary>Lanes whose back-off is over.</summary>
    public void PlaceDue(long now, long memory)
    {
        while (_later.TryPeek(out var lane, out var due) && due <= now)
        {
            _later.Dequeue();
            Place(lane, now, memory);
        }
    }

    public void AwaitUntil(long due, Lane lane) => _later.Enqueue(lane, due);

    /// <summary>The next lane that may send, by deficit round robin, charged with the estimate of its batch.</summary>
    public bool TryTakePermit(
        long now,
        [NotNullWhen(true)] out Lane? next,
        out Traffic traffic,
        [NotNullWhen(true)] out Permit? permit
    )
    {
        traffic = _liveInARow < LiveInARow ? Traffic.Live : Traffic.Backlog;
        if (!TryNext(traffic, now, out next))
        {
            traffic = traffic == Traffic.Live ? Traffic.Backlog : Traffic.Live;
            TryNext(traffic, now, out next);
        }

        permit = next is null ? null : _permits.Take(next, traffic, next.Health.IsSuspect);
        _liveInARow =
            next is null ? _liveInARow
            : traffic == Traffic.Live ? _liveInARow + 1
            : 0;
        return permit is not null && next is not null;
    }

    /// <returns>Null: there is no room.</returns>
    public Permit? TakeTrialPermit(Lane lane) =>
        _permits.HasRoomForTrial(lane) ? _permits.Take(lane, Traffic.Backlog, isSuspect: true) : null;

    /// <returns>False: there is no room for it at that site.</returns>
    public bool TryEnter(Permit permit, string site) => permit.Site == site || _permits.TryEnter(permit, site);

    public void GivePermit(Permit permit, long now, long memory)
    {
        _permits.Give(permit);
        _permits.Release(lane => Place(lane, now, memory));
    }

    public void Refund(Lane lane, Traffic traffic, long bytes) => RingOf(traffic).Refund(lane, bytes);

    public bool TryNextToLoad([NotNullWhen(true)] out Lane? lane)
    {
        if (!_toLoad.TryDequeue(out lane))
        {
            return false;
        }

        lane.AwaitsLoad = false;
        return true;
    }

    public void Clear()
    {
        _live.Clear();
        _backlog.Clear();
        _later.Clear();
        _toLoad.Clear();
        _permits.ForgetWaiting();
    }

    private DeficitRoundRobin<Lane> RingOf(Traffic traffic) => traffic == Traffic.Live ? _live : _backlog;

    private bool TryNext(Traffic traffic, long now, [NotNullWhen(true)] out Lane? next)
    {
        next = null;
        return _permits.HasRoomFor(traffic)
            && RingOf(traffic)
                .TryNext(lane => CostOf(lane, traffic, now), lane => AwaitLimiter(lane, traffic, now), out next);
    }

    /// <summary>Bytes of its next batch, about; 0: it may not send now.</summary>
    private long CostOf(Lane lane, Traffic traffic, long now) =>
        IsReady(lane, traffic, now) && _permits.FindClosed(lane) is null
            ? lane.EstimateBatch(traffic, limits.MaxBatchBytes)
            : 0;

    /// <summary>A lane that could send but for a limiter is woken by that limiter.</summary>
    private void AwaitLimiter(Lane lane, Traffic traffic, long now)
    {
        if (IsReady(lane, traffic, now))
        {
            _permits.FindClosed(lane)?.Await(lane);
        }
    }

    private bool IsReady(Lane lane, Traffic traffic, long now) =>
        !lane.IsGone && !lane.AwaitsLimiter && lane.Has(traffic) && policy.CanSend(lane, now);
}
