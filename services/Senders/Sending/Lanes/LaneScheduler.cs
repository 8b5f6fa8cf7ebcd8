using Microsoft.Extensions.Options;
using Partner.Sending.Outbox;

namespace Partner.Sending.Lanes;

/// <summary>
/// All lanes under one lock: which lane may send next, what stays in memory, which lane reads on from the database. It
/// does no I/O; the dispatcher performs. <see cref="LanePolicy"/> says what it decides, <see cref="LaneQueues"/> keeps
/// which lane waits for what, <see cref="LaneTable"/> keeps the lanes; all are touched under this lock alone. All code
/// that takes the lock stands in this file, long as it is, so that what happens under it can be read in one place.
/// </summary>
internal sealed class LaneScheduler
{
    private const int MaxLoads = 4;

    private readonly Lock _lock = new();
    private readonly Sender _sender;
    private readonly TimeProvider _time;
    private readonly DeliveryOptions _options;
    private readonly LanePolicy _policy;
    private readonly LaneQueues _queues;
    private readonly LaneTable _lanes;
    private readonly LaneJudge _judge;
    private long _epoch;
    private long _memory;
    private long _lastProgress;
    private int _loads;
    private int _unsettled;

    public LaneScheduler(Sender sender, TimeProvider time, Func<double> jitter, IOptions<DeliveryOptions> options)
    {
        (_sender, _time, _options) = (sender, time, options.Value);
        _policy = new LanePolicy(sender, _options, time);
        _queues = new LaneQueues(_policy, _options, sender.Limits);
        _lanes = new LaneTable(sender, _options, _policy, time, jitter);
        _judge = new LaneJudge(sender, _policy, time, jitter);
    }

    /// <summary>Set when there may be something to do.</summary>
    public WakeSignal Work { get; } = new();

    public long MemoryBytes => Read(() => _memory);

    public int Unsettled => Read(() => _unsettled);

    public int InFlight => Read(() => _queues.InFlight);

    public int Count => Read(() => _lanes.All.Count);

    /// <summary>No batch in flight, nothing in memory that may be sent now.</summary>
    public bool IsQuiet =>
        Read(() =>
            _queues.InFlight == 0
            && _loads == 0
            && _unsettled == 0
            && _lanes.All.All(l => !(l.HasQueued || l.More) || !l.Health.IsOpenAt(_time.GetTimestamp()))
        );

    /// <summary>
    /// A new epoch: segments in memory belong to the old one and are left to the instance that claims it.
    /// </summary>
    public void Begin(long epoch)
    {
        lock (_lock)
        {
            _epoch = epoch;
            _memory -= _lanes.Empty();
            _queues.Clear();
        }
    }

    public void AddFresh(IEnumerable<Segment> segments)
    {
        lock (_lock)
        {
            foreach (var segment in segments.Where(s => s.Epoch == _epoch))
            {
                var lane = _lanes.Of(segment.Connection);
                var size = segment.Raw.Length;
                _memory += lane.AddFresh(segment, _policy.HasRoomFor(size, lane, _memory)) ? size : 0;
                Touch(lane);
            }
        }

        Work.Set();
    }

    public void Rescan(ConnectionId connection, long fromId)
    {
        lock (_lock)
        {
            var lane = _lanes.Of(connection);
            lane.Rescan(fromId);
            Touch(lane);
        }

        Work.Set();
    }

    public bool Knows(ConnectionId connection, long id) => Read(() => _lanes.Find(connection)?.Knows(id) ?? false);

    /// <summary>The next batch, by deficit round robin.</summary>
    public Batch? TryTake()
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            _queues.PlaceDue(now, _memory);
            if (
                _unsettled >= _options.MaxUnsettled
                || !_queues.TryTakePermit(now, out var next, out var traffic, out var permit)
            )
            {
                return null;
            }

            var limits = _sender.Limits;
            var estimate = next.EstimateBatch(traffic, limits.MaxBatchBytes);
            var isControl = next.Isolation.WantsControl;
            var segments = isControl
                ? next.TakeControl(traffic, now)
                : next.Take(traffic, limits.MaxBatchItems, limits.MaxBatchBytes, now);
            var batch = new Batch(
                next,
                segments,
                permit,
                next.Health.Generation,
                now,
                next.InFlight >= _policy.LimitOf(next)
            );
            batch = _judge.Prepare(batch, isControl, now);
            _queues.Refund(next, traffic, estimate - batch.Bytes);
            Touch(next);
            return batch;
        }
    }

    /// <summary>The next trial of a suspect that is set apart.</summary>
    public TrialStart? TryTakeTrial()
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            if (_unsettled >= _options.MaxUnsettled || _judge.NextTrial(now) is not var (lane, suspect))
            {
                return null;
            }

            if (_queues.TakeTrialPermit(lane) is not { } permit)
            {
                _judge.PutOff(lane, suspect, wasUnderWay: false, now);
                return null;
            }

            var trial = _judge.BeginTrial(lane, suspect);
            return new TrialStart(lane, _epoch, suspect, [.. suspect.Ids], trial, permit, lane.Health.Generation, now);
        }
    }

    /// <summary>It has turned out where a batch goes.</summary>
    /// <returns>False: that site has no room for it now; its lane waits for some.</returns>
    public bool TryEnter(Batch batch, string site)
    {
        lock (_lock)
        {
            (batch.Lane.Site, batch.Lane.LastProgress) = (site, _time.GetTimestamp());
            return _queues.TryEnter(batch.Permit, site);
        }
    }

    /// <returns>How many segments are set apart by it.</returns>
    public int Complete(Batch batch, BatchResult result)
    {
        var apart = 0;
        lock (_lock)
        {
            var (lane, now) = (batch.Lane, _time.GetTimestamp());
            _memory -= batch.Bytes;
            _unsettled += result.Settlements.Count;
            lane.Landed(batch, result, now);
            _lastProgress = now;
            if (!lane.IsGone)
            {
                _memory += lane.TakeBack(result);
                _memory -= LanePolicy.IsToShed(lane) ? lane.Shed() : 0;
                if (_judge.Judge(batch, result, now) is { } suspect)
                {
                    _memory -= lane.SetApart(suspect.Ids);
                    apart = suspect.Ids.Count;
                }

                Touch(lane);
            }

            _queues.GivePermit(batch.Permit, now, _memory);
        }

        Work.Set();
        return apart;
    }

    /// <param name="batch">Null: it could not be read.</param>
    /// <param name="gone">Segments that are not this instance's any more.</param>
    public void CompleteTrial(TrialStart start, Batch? batch, BatchResult result, IReadOnlyList<long> gone)
    {
        lock (_lock)
        {
            var (lane, now) = (start.Lane, _time.GetTimestamp());
            _unsettled += result.Settlements.Count;
            _lastProgress = now;
            lane.LetGo(gone);
            var remaining = lane.KeepApart(result);
            if (batch is null)
            {
                _judge.PutOff(lane, start.Suspect, wasUnderWay: true, now);
            }
            else
            {
                lane.Landed(batch, result, now);
                _judge.EndTrial(lane, start.Suspect, start.Trial, result, remaining, now);
            }

            _queues.GivePermit(start.Permit, now, _memory);
            if (!lane.IsGone)
            {
                Touch(lane);
            }
        }

        Work.Set();
    }

    /// <summary>As if its key had been refused.</summary>
    /// <returns>False: it was parked already.</returns>
    public bool Park(ConnectionId connection, string reason, ConnectionState state)
    {
        lock (_lock)
        {
            var lane = _lanes.Of(connection);
            var flowed = lane.Health.State != LaneState.Parked;
            if (flowed)
            {
                lane.Health.Apply(new Outcome.Parked(ParkCause.KeyRefused, reason), lane.Health.Generation);
                lane.Isolation.NoControl();
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
            var now = _time.GetTimestamp();
            while (_loads < MaxLoads && _queues.TryNextToLoad(out var lane))
            {
                if (_policy.NeedsLoad(lane, now, _memory))
                {
                    _loads++;
                    lane.BeginLoad();
                    return LanePolicy.NeedsControl(lane)
                        ? new Load(lane, _epoch, lane.Isolation.ControlAfter, 1, IsControl: true)
                        : new Load(lane, _epoch, lane.Cursor, _policy.BytesToLoad(lane, _memory));
                }
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
                _queues.AwaitUntil(_time.GetTimestamp() + _time.TimestampFrequency, load.Lane);
            }
            else
            {
                var added = load.IsControl
                    ? load.Lane.EndControlLoad(segments, lastId, more)
                    : load.Lane.EndLoad(segments, lastId, more);
                _memory += added.Sum(s => (long)s.Raw.Length);
                load.Lane.LastProgress = _time.GetTimestamp();
                Touch(load.Lane);
            }
        }

        Work.Set();
    }

    public void Settled(IReadOnlyList<(Lane Lane, Settlement Settlement)> settled)
    {
        lock (_lock)
        {
            _unsettled -= settled.Count;
            foreach (var (lane, settlement) in settled)
            {
                lane.Settled(settlement);
            }
        }

        Work.Set();
    }

    /// <summary>How long until a lane's back-off is over; null if none is waiting.</summary>
    public TimeSpan? UntilNextDue() =>
        Read<TimeSpan?>(() =>
        {
            var now = _time.GetTimestamp();
            return new[] { _queues.NextDue, _judge.NextDue(now) }.Min() is { } due
                ? TimeSpan.FromSeconds(Math.Max(0, due - now) / (double)_time.TimestampFrequency)
                : null;
        });

    public LaneView View(ConnectionId connection) =>
        Read(() =>
            _lanes.Find(connection) is { Health: var health }
                ? new LaneView(health.State, health.Reason)
                : new LaneView(LaneState.Flowing, null)
        );

    /// <returns>Null: not known, or not any more.</returns>
    public string? SiteOf(ConnectionId connection) => Read(() => _lanes.Find(connection)?.Site);

    public Dictionary<LaneState, int> CountByState() =>
        Read(() => _lanes.All.GroupBy(lane => lane.Health.State).ToDictionary(g => g.Key, g => g.Count()));

    /// <summary>Forgets lanes that have had nothing to do for a while.</summary>
    public void EvictIdle()
    {
        lock (_lock)
        {
            _lanes.ForgetIdle();
        }
    }

    /// <summary>A lane that stands in line is not wedged while the line moves, however long that takes.</summary>
    public List<ConnectionId> FindWedged(TimeSpan limit)
    {
        var now = _time.GetTimestamp();
        return Read<List<ConnectionId>>(() =>
        {
            var moves = _time.GetElapsedTime(_lastProgress, now) < limit;
            return
            [
                .. _lanes
                    .All.Where(l =>
                        _policy.IsWedged(l, now, limit) && !(moves && l.InFlight == 0 && _queues.HasInLine(l))
                    )
                    .Select(l => l.Connection),
            ];
        });
    }

    private void Touch(Lane lane) => _queues.Place(lane, _time.GetTimestamp(), _memory);

    private T Read<T>(Func<T> read)
    {
        lock (_lock)
        {
            return read();
        }
    }
}
