using Microsoft.Extensions.Options;
using Partner.Contracts;
using Partner.Sending.Outbox;

namespace Partner.Sending.Lanes;

/// <summary>
/// All lanes under one lock: who may send next, what stays in memory, who reads on from the database. It decides and
/// does no I/O; the dispatcher performs.
/// </summary>
internal sealed class LaneScheduler(Sender sender, TimeProvider time, Func<double> jitter, IOptions<DeliveryOptions> options)
{
    private const int MaxLoads = 4;

    private readonly Lock _lock = new();
    private readonly DeliveryOptions _options = options.Value;
    private readonly Dictionary<ConnectionId, Lane> _lanes = [];
    private readonly DeficitRoundRobin<Lane> _ready = new(options.Value.Quantum);
    private readonly PriorityQueue<Lane, long> _later = new();
    private readonly HashSet<Lane> _awaitingSuspectSlot = [];
    private readonly Queue<Lane> _toLoad = new();
    private long _epoch;
    private long _memory;
    private int _inFlight;
    private int _suspectsInFlight;
    private int _loads;
    private int _unsettled;

    /// <summary>Called when there may be something to do; must not block.</summary>
    public Action Wake { get; set; } = () => { };

    public long MemoryBytes => Read(() => _memory);

    public int Unsettled => Read(() => _unsettled);

    public int InFlight => Read(() => _inFlight);

    public int Count => Read(() => _lanes.Count);

    /// <summary>No batch in flight, nothing in memory that may be sent now.</summary>
    public bool IsQuiet => Read(() => _inFlight == 0 && _loads == 0 && _unsettled == 0
        && _lanes.Values.All(l => !(l.HasQueued || l.More) || !l.Health.IsOpenAt(time.GetTimestamp())));

    /// <summary>A new epoch: what is in memory belongs to the old one and is left to whoever claims it.</summary>
    public void Begin(long epoch)
    {
        lock (_lock)
        {
            _epoch = epoch;
            foreach (var lane in _lanes.Values.ToList())
            {
                lane.IsGone = true;
                _memory -= lane.QueuedBytes;
                _lanes[lane.Connection] = new Lane(lane.Connection, lane.Health, sender.KeepsOrder);
            }

            _ready.Clear();
            _later.Clear();
            _toLoad.Clear();
            _awaitingSuspectSlot.Clear();
        }
    }

    public void AddFresh(IEnumerable<Segment> segments)
    {
        lock (_lock)
        {
            foreach (var segment in segments.Where(s => s.Epoch == _epoch))
            {
                var lane = LaneOf(segment.Connection);
                var size = segment.Raw.Length;
                // Reading on from the database must always find room, so live data leaves a quarter.
                var fits = !lane.Health.IsSuspect
                    && lane.FreshBytes + size <= _options.LaneBytes
                    && _memory + size <= _options.MemoryBytes / 4 * 3;
                _memory += lane.AddFresh(segment, fits) ? size : 0;
                Touch(lane);
            }
        }

        Wake();
    }

    public void Rescan(ConnectionId connection, long fromId)
    {
        lock (_lock)
        {
            var lane = LaneOf(connection);
            lane.Rescan(fromId);
            Touch(lane);
        }

        Wake();
    }

    public bool Knows(ConnectionId connection, long id)
    {
        lock (_lock)
        {
            return _lanes.TryGetValue(connection, out var lane) && lane.Knows(id);
        }
    }

    /// <summary>The next batch, by deficit round robin.</summary>
    public Batch? TryTake()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            while (_later.TryPeek(out var lane, out var due) && due <= now)
            {
                _later.Dequeue();
                Touch(lane);
            }

            if (_inFlight >= _options.Slots || _unsettled >= _options.MaxUnsettled
                || !_ready.TryNext(lane => CostNow(lane, now), out var next))
            {
                return null;
            }

            var estimate = next.EstimateBatch(sender.Limits.MaxBatchBytes);
            var isProbe = next.Health.IsSuspect;
            var batch = new Batch(next, next.Take(sender.Limits.MaxBatchItems, sender.Limits.MaxBatchBytes, now), next.Health.Wave, now, isProbe);
            _ready.Refund(next, estimate - batch.Bytes);
            _inFlight++;
            _suspectsInFlight += isProbe ? 1 : 0;
            Touch(next);
            return batch;
        }
    }

    public void Complete(Batch batch, BatchResult result)
    {
        lock (_lock)
        {
            var lane = batch.Lane;
            _inFlight--;
            _suspectsInFlight -= batch.IsProbe ? 1 : 0;
            _memory -= batch.Bytes;
            _unsettled += result.Settlements.Count;
            lane.Landed(batch.Start);
            lane.LastProgress = time.GetTimestamp();
            if (result.Outcome is { } outcome)
            {
                lane.Health.Apply(outcome, batch.Wave);
            }

            if (!lane.IsGone)
            {
                Requeue(lane, result);
                Touch(lane);
            }

            foreach (var waiting in _awaitingSuspectSlot.ToList())
            {
                _awaitingSuspectSlot.Remove(waiting);
                Touch(waiting);
            }
        }

        Wake();
    }

    /// <summary>As if its key had been refused.</summary>
    /// <returns>False: it was parked already.</returns>
    public bool Park(ConnectionId connection, string reason, ConnectionState state)
    {
        lock (_lock)
        {
            var lane = LaneOf(connection);
            var flowed = lane.Health.State != LaneState.Parked;
            if (flowed)
            {
                lane.Health.Apply(new Outcome.Unauthorized(reason), lane.Health.Wave);
                _memory -= lane.Shed();
                Touch(lane);
            }

            lane.Health.Connection = state;
            return flowed;
        }
    }

    /// <summary>The next read of a backlog, where there is room for it.</summary>
    public Load? TryLoad()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            while (_loads < MaxLoads && _toLoad.TryDequeue(out var lane))
            {
                lane.AwaitsLoad = false;
                if (!NeedsLoad(lane, now))
                {
                    continue;
                }

                _loads++;
                lane.BeginLoad();
                // A lane that does not flow, and one that finds no room, get one segment: enough to go on.
                var room = Math.Min(_options.LaneBytes - lane.BacklogBytes, _options.MemoryBytes - _memory);
                return new Load(lane, _epoch, lane.Cursor, lane.Health.IsSuspect ? 1 : Math.Max(1, room));
            }

            return null;
        }
    }

    /// <param name="segments">Null: the read failed.</param>
    public void Loaded(Load load, IReadOnlyList<Segment>? segments, long lastId, bool more)
    {
        lock (_lock)
        {
            _loads--;
            if (load.Lane.IsGone)
            {
                return;
            }

            if (segments is null)
            {
                load.Lane.LoadFailed();
                // The next sign of life of the database, a renewed lease, wakes it.
                _later.Enqueue(load.Lane, time.GetTimestamp() + time.TimestampFrequency);
            }
            else
            {
                _memory += load.Lane.EndLoad(segments, lastId, more).Sum(s => (long)s.Raw.Length);
                load.Lane.LastProgress = time.GetTimestamp();
                Touch(load.Lane);
            }
        }

        Wake();
    }

    public void Settled(IReadOnlyList<(Lane Lane, Settlement Settlement)> settled)
    {
        lock (_lock)
        {
            _unsettled -= settled.Count;
            foreach (var (lane, settlement) in settled)
            {
                if (settlement.Remaining is null)
                {
                    lane.Settled(settlement.Segment.Id);
                }
                else
                {
                    lane.Rewritten(settlement.Segment.Id);
                }
            }
        }

        Wake();
    }

    /// <summary>How long until a lane's back-off is over; null if none is waiting.</summary>
    public TimeSpan? UntilNextDue()
    {
        lock (_lock)
        {
            return _later.TryPeek(out _, out var due)
                ? TimeSpan.FromSeconds(Math.Max(0, due - time.GetTimestamp()) / (double)time.TimestampFrequency)
                : null;
        }
    }

    public LaneView View(ConnectionId connection)
    {
        lock (_lock)
        {
            return _lanes.TryGetValue(connection, out var lane)
                ? new LaneView(lane.Health.State, lane.Health.Reason)
                : new LaneView(LaneState.Flowing, null);
        }
    }

    /// <summary>Forgets lanes that have had nothing to do for a while.</summary>
    public void EvictIdle()
    {
        lock (_lock)
        {
            foreach (var lane in _lanes.Values.Where(l => l.IsIdle && time.GetElapsedTime(l.LastProgress) >= _options.IdleLane).ToList())
            {
                lane.IsGone = true;
                _lanes.Remove(lane.Connection);
            }
        }
    }

    /// <summary>Lanes that have had work for so long without progress, though nothing holds them back (F30).</summary>
    public List<ConnectionId> FindWedged(TimeSpan limit)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            return [.. _lanes.Values
                .Where(l => l.HasWork && l.Health.IsOpenAt(now) && time.GetElapsedTime(Math.Max(l.LastProgress, l.Health.NotBefore), now) >= limit)
                .Select(l => l.Connection)];
        }
    }

    private void Requeue(Lane lane, BatchResult result)
    {
        foreach (var remaining in result.Settlements.Select(s => s.Remaining).OfType<Segment>())
        {
            lane.Requeue(remaining, rewritten: true);
            _memory += remaining.Raw.Length;
        }

        foreach (var untouched in result.Untouched)
        {
            lane.Requeue(untouched, rewritten: false);
            _memory += untouched.Raw.Length;
        }

        // A lane that fails again gives its memory to those that flow (F12).
        if (lane.Health.Failures > 1 || lane.Health.State == LaneState.Parked)
        {
            _memory -= lane.Shed();
        }
    }

    private long CostNow(Lane lane, long now)
    {
        if (lane.IsGone || !lane.HasQueued || !CanSend(lane, now))
        {
            return 0;
        }

        if (lane.Health.IsSuspect && _suspectsInFlight >= _options.SuspectSlots)
        {
            _awaitingSuspectSlot.Add(lane);
            return 0;
        }

        return lane.EstimateBatch(sender.Limits.MaxBatchBytes);
    }

    private bool CanSend(Lane lane, long now)
    {
        if (!lane.Health.IsOpenAt(now))
        {
            return false;
        }

        var most = lane.Health.IsSuspect || !lane.Health.IsProven || sender.KeepsOrder ? 1 : _options.LaneConcurrency;
        return lane.InFlight == 0
            || (lane.InFlight < most && time.GetElapsedTime(lane.OldestStart, now) < _options.Slow);
    }

    private bool NeedsLoad(Lane lane, long now) =>
        lane.More && !lane.Loading && !lane.IsGone && lane.Health.IsOpenAt(now)
        && (lane.Health.IsSuspect
            ? !lane.HasQueued && lane.InFlight == 0
            : lane.BacklogBytes < _options.LaneBytes / 2
                && (_memory < _options.MemoryBytes || (!lane.HasQueued && lane.InFlight == 0)));

    /// <summary>Puts a lane where it belongs after anything has changed.</summary>
    private void Touch(Lane lane)
    {
        var now = time.GetTimestamp();
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

        if (lane.HasQueued && CanSend(lane, now))
        {
            _ready.Add(lane);
        }

        if (NeedsLoad(lane, now) && !lane.AwaitsLoad)
        {
            lane.AwaitsLoad = true;
            _toLoad.Enqueue(lane);
        }
    }

    private Lane LaneOf(ConnectionId connection)
    {
        if (!_lanes.TryGetValue(connection, out var lane))
        {
            lane = new Lane(connection, new LaneHealth(time, jitter), sender.KeepsOrder) { LastProgress = time.GetTimestamp() };
            _lanes.Add(connection, lane);
        }
        else if (!lane.HasWork)
        {
            lane.LastProgress = time.GetTimestamp();
        }

        return lane;
    }

    private T Read<T>(Func<T> read)
    {
        lock (_lock)
        {
            return read();
        }
    }
}
