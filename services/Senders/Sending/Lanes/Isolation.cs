namespace Partner.Sending.Lanes;

/// <summary>
/// Which segments of a lane have failed, which are set apart because they fail while others pass, and which other is to
/// be tried to find that out. Only touched under the scheduler's lock; it knows no clock and does no I/O.
/// </summary>
internal sealed class Isolation
{
    private const int MostFailed = 10_000;

    private readonly Dictionary<long, int> _failures = [];
    private readonly Dictionary<string, long> _passed = [];
    private readonly HashSet<Suspect> _apart = [];
    private readonly PriorityQueue<Suspect, long> _due = new();
    private IReadOnlyList<long> _lastFailed = [];
    private long _lastFailedAt;
    private long _triedUpTo;

    /// <summary>Something else is to be tried before the lane backs off.</summary>
    public bool WantsControl { get; private set; }

    /// <summary>Datadog has said for how long it wants nothing.</summary>
    public bool ControlWaits { get; set; }

    /// <summary>The database was looked through, and has nothing but what has failed.</summary>
    public bool HasNothingElse { get; set; }

    /// <summary>Of what the lane stands before.</summary>
    public string Variant { get; private set; } = "";

    /// <summary>All that the lane has, when that has failed again.</summary>
    public Suspect? Lone { get; set; }

    /// <summary>How many batches are set apart.</summary>
    public int Apart => _apart.Count;

    /// <summary>Of these, being tried.</summary>
    public int UnderWay => _apart.Count - _due.Count;

    /// <summary>When the next of them is due; null: none waits.</summary>
    public long? NextDue => _due.TryPeek(out _, out var due) ? due : null;

    /// <summary>Ids up to this one were tried, or are what the lane stands before.</summary>
    public long ControlAfter => Math.Max(_triedUpTo, _lastFailed.Count == 0 ? 0 : _lastFailed.Max());

    public long? PassedAt(string path) => _passed.TryGetValue(path, out var at) ? at : null;

    public bool HasFailed(long id) => _failures.ContainsKey(id);

    public int FailuresOf(long id) => _failures.GetValueOrDefault(id);

    /// <param name="isOther">Some of it has passed meanwhile: what fails now is another part.</param>
    public void Failed(IReadOnlyList<long> ids, bool isOther)
    {
        if (_failures.Count > MostFailed)
        {
            _failures.Clear();
        }

        foreach (var id in ids)
        {
            _failures[id] = isOther ? 1 : _failures.GetValueOrDefault(id) + 1;
        }
    }

    /// <summary>What the lane stands before has failed: whether something else is to be tried.</summary>
    public void StandsBefore(IReadOnlyList<long> ids, bool wantsControl, string variant, long now) =>
        (_lastFailed, _lastFailedAt, Variant, WantsControl) = (ids, now, variant, wantsControl);

    public void ControlTaken(long id) => (WantsControl, _triedUpTo) = (false, id);

    public void ControlSought(long upTo) => _triedUpTo = Math.Max(_triedUpTo, upTo);

    /// <summary>There is none: the next look begins anew, with those that have failed as others did meanwhile.</summary>
    public void SoughtInVain()
    {
        // Where nothing was skipped on the way, the segments that it stands before are all there are.
        HasNothingElse = _failures.Keys.All(_lastFailed.Contains);
        foreach (var id in _failures.Keys.Except(_lastFailed).ToList())
        {
            _failures.Remove(id);
        }

        (WantsControl, _triedUpTo) = (false, 0);
    }

    /// <returns>It is just what failed the last time.</returns>
    public bool Passed(IReadOnlyList<long> ids)
    {
        var mended = _lastFailed.Count > 0 && _lastFailed.SequenceEqual(ids);
        foreach (var id in ids)
        {
            Forget(id);
        }

        return mended;
    }

    public void Forget(long id) => _failures.Remove(id);

    public void NoControl() => WantsControl = false;

    public void PassedOn(string path, long now)
    {
        _passed[path] = now;
        Lone = null;
    }

    /// <summary>Something else has passed: what the lane stood before is set apart.</summary>
    public Suspect SetApart(string path)
    {
        // Of what failed together only what failed as often: the rest came by in between.
        var most = _lastFailed.Count == 0 ? 0 : _lastFailed.Max(FailuresOf);
        var suspect = new Suspect(_lastFailed.Where(id => FailuresOf(id) == most), path, _lastFailedAt);
        (_lastFailed, _triedUpTo) = ([], 0);
        Add(suspect);
        return suspect;
    }

    public void Add(Suspect suspect)
    {
        foreach (var id in suspect.Ids)
        {
            _failures.Remove(id);
        }

        if (suspect.Ids.Count > 0)
        {
            _apart.Add(suspect);
            _due.Enqueue(suspect, 0);
        }
    }

    public Suspect TakeDue() => _due.Dequeue();

    public void Await(Suspect suspect, long due) => _due.Enqueue(suspect, due);

    public void Remove(Suspect suspect) => _apart.Remove(suspect);
}
