using System.Diagnostics.CodeAnalysis;

namespace Partner.Sending.Lanes;

/// <summary>What lanes wait for: their turn and a slot, the end of a back-off, a read of their backlog.</summary>
internal sealed class LaneQueues(LanePolicy policy, DeliveryOptions options, SenderLimits limits)
{
    private readonly DeficitRoundRobin<Lane> _ready = new(options.Quantum);
    private readonly PriorityQueue<Lane, long> _later = new();
    private readonly HashSet<Lane> _awaitingSuspectSlot = [];
    private readonly Queue<Lane> _toLoad = new();
    private int _suspectsInFlight;

    public int InFlight { get; private set; }

    /// <summary>When the first back-off is over; null if none is waiting.</summary>
    public long? NextDue => _later.TryPeek(out _, out var due) ? due : null;

    /// <summary>Puts a lane where it belongs after anything has changed.</summary>
    public void Place(Lane lane, long now, long memory)
    {
        if (lane.IsGone)
        {
            return;
        }

        if (!lane.Health.IsOpenAt(now))
        {
            if ((lane.HasQueued || lane.More) && lane.WaitsUntil != lane.Health.NotBefore)
            {
                lane.WaitsUntil = lane.Health.NotBefore;
                _later.Enqueue(lane, lane.WaitsUntil);
            }

            return;
        }

        if (lane.HasQueued && policy.CanSend(lane, now))
        {
            _ready.Add(lane);
        }

        if (policy.NeedsLoad(lane, now, memory) && !lane.AwaitsLoad)
        {
            lane.AwaitsLoad = true;
            _toLoad.Enqueue(lane);
        }
    }

    /// <summary>Lanes whose back-off is over.</summary>
    public void PlaceDue(long now, long memory)
    {
        while (_later.TryPeek(out var lane, out var due) && due <= now)
        {
            _later.Dequeue();
            Place(lane, now, memory);
        }
    }

    /// <summary>Lanes that found no slot for suspects: one may be free.</summary>
    public void PlaceSuspects(long now, long memory)
    {
        foreach (var waiting in _awaitingSuspectSlot.ToList())
        {
            _awaitingSuspectSlot.Remove(waiting);
            Place(waiting, now, memory);
        }
    }

    public void AwaitUntil(long due, Lane lane) => _later.Enqueue(lane, due);

    /// <summary>The next lane that may send, by deficit round robin, charged with the estimate of its batch.</summary>
    public bool TryTakeSlot(long now, [NotNullWhen(true)] out Lane? next)
    {
        next = null;
        if (InFlight >= options.Slots || !_ready.TryNext(lane => CostNow(lane, now), out next))
        {
            return false;
        }

        InFlight++;
        _suspectsInFlight += next.Health.IsSuspect ? 1 : 0;
        return true;
    }

    public void GiveSlot(bool ofSuspect)
    {
        InFlight--;
        _suspectsInFlight -= ofSuspect ? 1 : 0;
    }

    public void Refund(Lane lane, long bytes) => _ready.Refund(lane, bytes);

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
        _ready.Clear();
        _later.Clear();
        _toLoad.Clear();
        _awaitingSuspectSlot.Clear();
    }

    private long CostNow(Lane lane, long now)
    {
        if (lane.IsGone || !lane.HasQueued || !policy.CanSend(lane, now))
        {
            return 0;
        }

        if (lane.Health.IsSuspect && _suspectsInFlight >= options.SuspectSlots)
        {
            _awaitingSuspectSlot.Add(lane);
            return 0;
        }

        return lane.EstimateBatch(limits.MaxBatchBytes);
    }
}
