namespace Partner.Sending.Lanes;

/// <summary>The role of a batch in its lane, and so the meaning of its failure.</summary>
internal enum AttemptKind
{
    /// <summary>The lane's next.</summary>
    Plain,

    /// <summary>Something else of the lane, right after what has failed again: is it the lane, or what is in it?</summary>
    Control,

    /// <summary>It has failed again, and the lane has nothing else to compare it with.</summary>
    Lone,

    /// <summary>It fails while others of the lane pass: alone, and in halves.</summary>
    Apart,
}

/// <summary>An item of a segment by what it is, for segments are rewritten.</summary>
internal readonly record struct ItemKey(long Segment, int Hash);

/// <summary>What the lane knew of a batch when it decided to try it.</summary>
/// <param name="Strikes">The weight of each item's failures alone, see <see cref="IsolationPolicy"/>.</param>
/// <param name="Weight">Of a failure alone in this trial.</param>
/// <param name="Number">How many trials there were.</param>
internal sealed record Trial(IReadOnlyDictionary<ItemKey, int> Strikes, int Weight, int Number)
{
    public static readonly Trial None = new(new Dictionary<ItemKey, int>(), 0, 0);
}

/// <summary>
/// Segments that failed together, and what speaks against their items. Only touched under the scheduler's lock.
/// </summary>
internal sealed class Suspect(IEnumerable<long> ids, string path, long since)
{
    private readonly Dictionary<ItemKey, int> _strikes = [];

    public HashSet<long> Ids { get; private set; } = [.. ids];

    /// <summary>Where it goes; a batch that passes elsewhere is no evidence against it.</summary>
    public string Path => path;

    public int Trials { get; private set; }

    /// <summary>When it failed last.</summary>
    public long TriedAt { get; private set; } = since;

    public Trial Begin(int weight, bool isVoid)
    {
        if (isVoid)
        {
            _strikes.Clear();
        }

        return new Trial(new Dictionary<ItemKey, int>(_strikes), weight, Trials);
    }

    /// <param name="remaining">Segments of which something is still to be sent.</param>
    public void End(Trial trial, IEnumerable<long> remaining, IEnumerable<ItemKey> failedAlone, long now)
    {
        foreach (var item in failedAlone.Distinct())
        {
            _strikes[item] = _strikes.GetValueOrDefault(item) + trial.Weight;
        }

        Ids = [.. remaining];
        (TriedAt, Trials) = (now, Trials + 1);
    }
}
