using Partner.Sending.Outbox;

namespace Partner.Sending.Lanes;

/// <summary>
/// One connection's way out: what of its backlog is in memory, where reading on in the database begins, what is in
/// flight. Only touched under the scheduler's lock; it knows no clock and does no I/O.
/// </summary>
internal sealed class Lane(ConnectionId connection, LaneHealth health, LaneConcurrency concurrency, bool keepsOrder)
{
    private readonly SegmentQueue _fresh = new();
    private readonly SegmentQueue _backlog = new();

    // In a queue, in flight, or ended but not yet deleted from the database: not to be taken from there again.
    private readonly HashSet<long> _held = [];

    // Rows that the settler is about to rewrite, and how often: the database still shows old contents.
    private readonly Dictionary<long, int> _pinned = [];

    // Segments settled while a read was under way, whose snapshot may still show them.
    private readonly List<long> _settledMeanwhile = [];
    private readonly List<long> _starts = [];

    // The lowest id that a read under way may have missed.
    private long _missed = long.MaxValue;

    public ConnectionId Connection => connection;

    public LaneHealth Health => health;

    public LaneConcurrency Concurrency => concurrency;

    public Isolation Isolation { get; } = new();

    /// <summary>Where its last delivery went; null: not known yet.</summary>
    public string? Site { get; set; }

    /// <summary>
    /// The database may hold segments of this lane that are not in memory, with ids above <see cref="Cursor"/>.
    /// </summary>
    public bool More { get; private set; }

    public long Cursor { get; private set; }

    public bool Loading { get; private set; }

    /// <summary>Its epoch is over; others have its segments.</summary>
    public bool IsGone { get; set; }

    public long LastProgress { get; set; }

    /// <summary>The end of the back-off that the scheduler will wake it at.</summary>
    public long WaitsUntil { get; set; }

    /// <summary>It stands in the queue for reads.</summary>
    public bool AwaitsLoad { get; set; }

    /// <summary>It stands in the line before a limiter.</summary>
    public bool AwaitsLimiter { get; set; }

    public int InFlight => _starts.Count;

    public long OldestStart => _starts.Count == 0 ? long.MaxValue : _starts.Min();

    public long QueuedBytes => _fresh.Bytes + _backlog.Bytes;

    public long FreshBytes => _fresh.Bytes;

    public long BacklogBytes => _backlog.Bytes;

    public bool HasQueued => _fresh.Count + _backlog.Count > 0;

    public bool HasWork => HasQueued || More || InFlight > 0;

    /// <summary>Something in memory that has not failed.</summary>
    public bool HasControl => _fresh.Any(IsControl) || _backlog.Any(IsControl);

    public bool IsIdle => !HasWork && !Loading && _held.Count == 0;

    public bool Knows(long id) => Loading || _held.Contains(id) || (More && id > Cursor);

    /// <summary>
    /// Keeps it in memory; where it must not (<paramref name="fits"/>), it is found in the database later.
    /// </summary>
    public bool AddFresh(Segment segment, bool fits)
    {
        if (!fits || (keepsOrder && (More || Loading)))
        {
            Rescan(segment.Id);
            return false;
        }

        _held.Add(segment.Id);
        _fresh.Add(segment);
        Isolation.HasNothingElse = false;
        return true;
    }

    /// <summary>The database has, from this id on, segments that are not in memory.</summary>
    public void Rescan(long fromId)
    {
        Cursor = More ? Math.Min(Cursor, fromId - 1) : fromId - 1;
        More = true;
        Isolation.HasNothingElse = false;
        _missed = Loading ? Math.Min(_missed, fromId) : _missed;
    }

    /// <summary>It has something of this kind that may go next.</summary>
    public bool Has(Traffic traffic) =>
        Isolation.WantsControl
            ? QueueOf(traffic).Any(IsControl)
            : QueueOf(traffic).Count > 0 && (!IsInOrder || traffic == FirstInOrder());

    public long EstimateBatch(Traffic traffic, long maxBytes) => Math.Min(QueueOf(traffic).Bytes, maxBytes);

    public List<Segment> Take(Traffic traffic, int maxItems, long maxBytes, long now)
    {
        _starts.Add(now);
        LastProgress = now;
        return QueueOf(traffic).Take(maxItems, maxBytes);
    }

    /// <summary>A single segment that has not failed.</summary>
    public List<Segment> TakeControl(Traffic traffic, long now)
    {
        _starts.Add(now);
        LastProgress = now;
        var control = QueueOf(traffic).TakeFirst(IsControl);
        Isolation.ControlTaken(control.Id);
        return [control];
    }

    /// <summary>A delivery is over; its generation learns from it.</summary>
    public void Landed(Batch batch, BatchResult result, long now)
    {
        var isApart = batch.Attempt == AttemptKind.Apart;
        if (!isApart)
        {
            _starts.Remove(batch.Start);
        }

        LastProgress = now;
        // A trial runs beside the lane's generations, and what it meets that is not of its items is that of the present one.
        var generation = isApart ? health.Generation : batch.Generation;
        if (
            generation != health.Generation
            || IsolationPolicy.Felt(batch.Attempt, result.Outcome, result.HasPassed, health.IsSuspect)
                is not { } outcome
        )
        {
            return;
        }

        health.Apply(outcome, generation);
        if (health.IsSuspect)
        {
            concurrency.Failed();
        }
        else if (outcome is Outcome.Delivered && !isApart)
        {
            concurrency.Delivered(result.RoundTrip, batch.IsFull);
        }
    }

    /// <summary>Takes back the segments that are to be sent again.</summary>
    /// <returns>Its bytes.</returns>
    public long TakeBack(BatchResult result)
    {
        // The rows of what remains are about to be rewritten.
        var remaining = result.Settlements.Select(s => s.Remaining).OfType<Segment>().ToList();
        remaining.ForEach(s => Pin(s.Id));
        remaining.AddRange(result.Untouched);
        remaining.ForEach(segment => QueueOf(segment.IsFresh ? Traffic.Live : Traffic.Backlog).Add(segment));
        return remaining.Sum(segment => (long)segment.Raw.Length);
    }

    /// <summary>
    /// Segments of a trial that are still to be sent stay apart; rows of them may be about to be rewritten.
    /// </summary>
    public List<long> KeepApart(BatchResult result)
    {
        var rewritten = result.Settlements.Select(s => s.Remaining).OfType<Segment>().Select(s => s.Id).ToList();
        rewritten.ForEach(Pin);
        return [.. rewritten, .. result.Untouched.Select(s => s.Id)];
    }

    /// <summary>Takes these out of the line; they are held, but not in memory.</summary>
    /// <returns>Bytes freed.</returns>
    public long SetApart(IReadOnlySet<long> ids)
    {
        _held.UnionWith(ids);
        return _fresh
            .Shed(s => !ids.Contains(s.Id))
            .Concat(_backlog.Shed(s => !ids.Contains(s.Id)))
            .Sum(s => (long)s.Raw.Length);
    }

    /// <summary>They belong to another instance now, or are gone.</summary>
    public void LetGo(IEnumerable<long> ids) => _held.ExceptWith(ids);

    /// <summary>None of its rows is about to be rewritten.</summary>
    public bool IsReady(Suspect suspect) => !suspect.Ids.Any(_pinned.ContainsKey);

    /// <summary>Leaves to the database what may be left; returns the bytes freed.</summary>
    public long Shed()
    {
        var shed = _fresh
            .Shed(s => _pinned.ContainsKey(s.Id))
            .Concat(_backlog.Shed(s => _pinned.ContainsKey(s.Id)))
            .ToList();
        if (shed.Count > 0)
        {
            _held.ExceptWith(shed.Select(s => s.Id));
            Rescan(shed.Min(s => s.Id));
        }

        return shed.Sum(s => (long)s.Raw.Length);
    }

    public void BeginLoad()
    {
        Loading = true;
        _missed = long.MaxValue;
    }

    /// <returns>Those that are new to the lane.</returns>
    public List<Segment> EndLoad(IReadOnlyList<Segment> loaded, long lastId, bool more)
    {
        var added = loaded.Where(s => _held.Add(s.Id)).ToList();
        added.ForEach(_backlog.Add);
        Isolation.HasNothingElse &= added.TrueForAll(s => Isolation.HasFailed(s.Id));
        // Ids of other instances' blocks may be higher than those that came by meanwhile.
        Cursor = Math.Min(lastId, _missed - 1);
        More = more || _missed != long.MaxValue;
        LoadFailed();
        return added;
    }

    /// <summary>A look for something that has not failed: reading on goes on where it was.</summary>
    public List<Segment> EndControlLoad(IReadOnlyList<Segment> loaded, long lastId, bool more)
    {
        var added = loaded.Where(s => !Isolation.HasFailed(s.Id) && _held.Add(s.Id)).ToList();
        added.ForEach(_backlog.Add);
        LoadFailed();
        if (added.Count == 0 && more)
        {
            Isolation.ControlSought(lastId);
        }
        else if (added.Count == 0)
        {
            Isolation.SoughtInVain();
        }

        return added;
    }

    public void LoadFailed()
    {
        Loading = false;
        _held.ExceptWith(_settledMeanwhile);
        _settledMeanwhile.Clear();
    }

    /// <summary>The segment is gone from the database, or rewritten there.</summary>
    public void Settled(Settlement settlement)
    {
        var id = settlement.Segment.Id;
        if (settlement.Remaining is not null)
        {
            Unpin(id);
            return;
        }

        _pinned.Remove(id);
        Isolation.Forget(id);
        if (Loading)
        {
            _settledMeanwhile.Add(id);
        }
        else
        {
            _held.Remove(id);
        }
    }

    private void Pin(long id) => _pinned[id] = _pinned.GetValueOrDefault(id) + 1;

    private void Unpin(long id)
    {
        if (_pinned.TryGetValue(id, out var times) && times > 1)
        {
            _pinned[id] = times - 1;
        }
        else
        {
            _pinned.Remove(id);
        }
    }

    private bool IsControl(Segment segment) => !Isolation.HasFailed(segment.Id);

    private SegmentQueue QueueOf(Traffic traffic) => traffic == Traffic.Live ? _fresh : _backlog;

    // A replay stands behind all live data, in a lane that keeps the order and in any other.
    private bool IsInOrder => keepsOrder || (_backlog.TryPeek(out var next) && next.IsReplay);

    private Traffic FirstInOrder() =>
        !_backlog.TryPeek(out var backlog) || (_fresh.TryPeek(out var fresh) && fresh.Rank.CompareTo(backlog.Rank) < 0)
            ? Traffic.Live
            : Traffic.Backlog;
}
