using Partner.Sending.Outbox;

namespace Partner.Sending.Delivery;

/// <summary>The items of a batch and what has become of each. No I/O.</summary>
internal sealed class BatchWork
{
    private readonly IReadOnlyList<Segment> _segments;
    private readonly List<Entry> _entries = [];
    private readonly Stack<List<int>> _ranges = new();
    private readonly HashSet<Segment> _maybeArrived = [];

    public BatchWork(IReadOnlyList<Segment> segments)
    {
        _segments = segments;
        for (var i = 0; i < segments.Count; i++)
        {
            foreach (var item in Frames.Read(segments[i].Raw, segments[i].Items))
            {
                _entries.Add(new Entry(i, item));
            }
        }
    }

    private enum Fate
    {
        Open,
        Delivered,
        Dead,
    }

    public bool IsDone => _ranges.Count == 0;

    /// <summary>Gives up what Datadog would drop silently, or what nobody waits for any more.</summary>
    public void Begin(DateTimeOffset? expiredBefore, DateTimeOffset? abandonedBefore, string abandonedDetail)
    {
        var expiry = expiredBefore?.ToUnixTimeMilliseconds();
        foreach (var entry in _entries)
        {
            if (_segments[entry.Segment].AcceptedAt < abandonedBefore)
            {
                entry.Die("disconnected", abandonedDetail);
            }
            else if (entry.Item.At != 0 && entry.Item.At < expiry)
            {
                entry.Die("expired", $"Older than Datadog takes: its time is {ItemTime.Describe(entry.Item.At)}.");
            }
        }

        var open = Enumerable.Range(0, _entries.Count).Where(i => _entries[i].Fate == Fate.Open).ToList();
        if (open.Count > 0)
        {
            _ranges.Push(open);
        }
    }

    /// <summary>
    /// Cuts what is to be sent, which may be a whole segment, into requests within the limits; an item beyond them goes
    /// alone.
    /// </summary>
    public void Cut(SenderLimits limits, Func<ReadOnlyMemory<byte>, int> weightOf)
    {
        if (IsDone)
        {
            return;
        }

        var requests = new List<List<int>>();
        var (bytes, weight) = (long.MaxValue, 0L);
        foreach (var index in _ranges.Pop())
        {
            var item = BytesOf(_entries[index]);
            var itemWeight = weightOf(item);
            if (bytes > limits.MaxBatchBytes - item.Length || weight > limits.MaxBatchWeight - itemWeight
                || requests[^1].Count == limits.MaxBatchItems)
            {
                requests.Add([]);
                (bytes, weight) = (0, 0);
            }

            requests[^1].Add(index);
            (bytes, weight) = (bytes + item.Length, weight + itemWeight);
        }

        for (var i = requests.Count - 1; i >= 0; i--)
        {
            _ranges.Push(requests[i]);
        }
    }

    public List<ReadOnlyMemory<byte>> NextItems() => _ranges.Peek().ConvertAll(i => BytesOf(_entries[i]));

    public void Delivered() => _ranges.Pop().ForEach(i => _entries[i].Fate = Fate.Delivered);

    /// <summary>Halves what was refused; a single item that is refused is given up (F16, F17).</summary>
    public void Refused(string reason, string detail)
    {
        var range = _ranges.Pop();
        if (range.Count == 1)
        {
            _entries[range[0]].Die(reason, detail);
            return;
        }

        var half = range.Count / 2;
        _ranges.Push(range[half..]);
        _ranges.Push(range[..half]);
    }

    public void AnswerLost() => _maybeArrived.UnionWith(_ranges.Peek().Select(i => _segments[_entries[i].Segment]));

    /// <summary>What to settle, and which segments go back as they are.</summary>
    public (List<Settlement> Settlements, List<Segment> Untouched) Finish()
    {
        var (settlements, untouched) = (new List<Settlement>(), new List<Segment>());
        var bySegment = _entries.ToLookup(e => e.Segment);
        for (var i = 0; i < _segments.Count; i++)
        {
            var segment = _segments[i];
            var entries = bySegment[i].ToList();
            var open = entries.Where(e => e.Fate == Fate.Open).ToList();
            if (open.Count == entries.Count && !_maybeArrived.Contains(segment))
            {
                untouched.Add(segment);
                continue;
            }

            var dead = entries.Where(e => e.Fate == Fate.Dead).Select(e => Letter(segment, e)).ToList();
            var delivered = entries.Count(e => e.Fate == Fate.Delivered);
            settlements.Add(new Settlement(segment, delivered, dead, open.Count > 0 ? Remaining(segment, open) : null));
        }

        return (settlements, untouched);
    }

    private Segment Remaining(Segment segment, List<Entry> open)
    {
        var times = open.Where(e => e.Item.At != 0).Select(e => e.Item.At).ToList();
        return segment with
        {
            Items = open.Count,
            Raw = Frames.Write(open.ConvertAll(e => (BytesOf(e), e.Item.At))),
            OldestAt = times.Count == 0 ? 0 : times.Min(),
            PossibleDuplicates = segment.PossibleDuplicates + (_maybeArrived.Contains(segment) ? open.Count : 0),
        };
    }

    private ReadOnlyMemory<byte> BytesOf(Entry entry) =>
        _segments[entry.Segment].Raw.AsMemory(entry.Item.Offset, entry.Item.Length);

    private DeadLetter Letter(Segment segment, Entry entry) =>
        new(segment.Connection, entry.Reason, entry.Detail, segment.Variant, entry.Item.At, BytesOf(entry).ToArray());

    private sealed class Entry(int segment, Item item)
    {
        public int Segment => segment;

        public Item Item => item;

        public Fate Fate { get; set; }

        public string Reason { get; private set; } = "";

        public string Detail { get; private set; } = "";

        public void Die(string reason, string detail) => (Fate, Reason, Detail) = (Fate.Dead, reason, detail);
    }
}
