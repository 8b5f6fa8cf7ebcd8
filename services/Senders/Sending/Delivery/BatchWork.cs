using System.Net;
using Partner.Sending.Lanes;
using Partner.Sending.Outbox;

namespace Partner.Sending.Delivery;

/// <summary>The items of a batch and what has become of each. No I/O.</summary>
internal sealed class BatchWork
{
    private readonly IReadOnlyList<Segment> _segments;
    private readonly List<Entry> _entries = [];
    private readonly Stack<Range> _ranges = new();

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

    /// <summary>Gives up items that Datadog would drop silently, and abandoned ones.</summary>
    public void Begin(DateTimeOffset? expiredBefore, DateTimeOffset? abandonedBefore, string abandonedDetail)
    {
        var expiry = expiredBefore?.ToUnixTimeMilliseconds();
        foreach (var entry in _entries)
        {
            if (_segments[entry.Segment].AcceptedAt < abandonedBefore)
            {
                entry.Die(DeadLetterReason.Disconnected, abandonedDetail);
            }
            else if (entry.Item.At != 0 && entry.Item.At < expiry)
            {
                entry.Die(
                    DeadLetterReason.Expired,
                    $"Older than Datadog takes: its time is {ItemTime.Describe(entry.Item.At)}."
                );
            }
        }

        var open = Enumerable.Range(0, _entries.Count).Where(i => _entries[i].Fate == Fate.Open).ToList();
        if (open.Count > 0)
        {
            _ranges.Push(new Range(open));
        }
    }

    /// <summary>
    /// Cuts the items to be sent, which may be a whole segment, into requests within the limits; an item beyond them
    /// goes alone.
    /// </summary>
    public void Cut(SenderLimits limits, Func<ReadOnlyMemory<byte>, int> weightOf)
    {
        if (IsDone)
        {
            return;
        }

        var requests = new List<List<int>>();
        var (bytes, weight) = (long.MaxValue, 0L);
        foreach (var index in _ranges.Pop().Entries)
        {
            var item = BytesOf(_entries[index]);
            var itemWeight = weightOf(item);
            if (
                bytes > limits.MaxBatchBytes - item.Length
                || weight > limits.MaxBatchWeight - itemWeight
                || requests[^1].Count == limits.MaxBatchItems
            )
            {
                requests.Add([]);
                (bytes, weight) = (0, 0);
            }

            requests[^1].Add(index);
            (bytes, weight) = (bytes + item.Length, weight + itemWeight);
        }

        for (var i = requests.Count - 1; i >= 0; i--)
        {
            _ranges.Push(new Range(requests[i]));
        }
    }

    public int NextCount => _ranges.Peek().Entries.Count;

    public List<ReadOnlyMemory<byte>> NextItems() => _ranges.Peek().Entries.ConvertAll(i => BytesOf(_entries[i]));

    /// <summary>The segments that the next request is of.</summary>
    public List<long> NextSegments() =>
        [.. _ranges.Peek().Entries.Select(i => _segments[_entries[i].Segment].Id).Distinct()];

    /// <summary>The only item of the next request.</summary>
    public ItemKey NextItem => KeyOf(_entries[_ranges.Peek().Entries[0]]);

    public void Delivered()
    {
        var range = _ranges.Pop();
        range.Entries.ForEach(i => _entries[i].Fate = Fate.Delivered);
        if (range.Other is { } other)
        {
            // Both together failed, so it is the other half.
            other.IsBad = true;
        }
    }

    /// <summary>Halves a refused request; a single item that is refused is given up (F16, F17).</summary>
    /// <param name="status">Datadog's; null: it has said nothing of it.</param>
    public void Refused(DeadLetterReason reason, string detail, HttpStatusCode? status = null)
    {
        var range = _ranges.Pop();
        if (range.Entries.Count == 1)
        {
            _entries[range.Entries[0]].Die(reason, detail, status);
            return;
        }

        PushHalves(range.Entries, isFirst: true);
    }

    /// <summary>
    /// The next request is one that fails: what it is of is sent in halves from here on. Which of the halves goes first
    /// is for <paramref name="chooses"/> to say, so that a trial that is broken off is not the same again.
    /// </summary>
    public void Halve(Func<bool> chooses)
    {
        for (var range = _ranges.Peek(); range.IsBad && range.Entries.Count > 1; range = _ranges.Peek())
        {
            _ranges.Pop();
            PushHalves(range.Entries, chooses());
        }
    }

    public void NextIsBad() => _ranges.Peek().IsBad = true;

    /// <summary>One of all that is left goes first, alone.</summary>
    public void PutOneFirst(int which)
    {
        var entries = _ranges.SelectMany(range => range.Entries).ToList();
        var one = entries[which % entries.Count];
        var others = _ranges.Reverse().ToList();
        others.ForEach(range => range.Entries.Remove(one));
        _ranges.Clear();
        others.FindAll(range => range.Entries.Count > 0).ForEach(_ranges.Push);
        _ranges.Push(new Range([one]));
    }

    /// <summary>The only item of the next request has failed alone: it is left for later.</summary>
    public void LeaveOne() => _ranges.Pop();

    public void AnswerLost() => _ranges.Peek().Entries.ForEach(i => _entries[i].MayHaveArrived = true);

    /// <summary>Items that were delivered.</summary>
    public IEnumerable<ItemKey> DeliveredItems() => _entries.Where(e => e.Fate == Fate.Delivered).Select(KeyOf);

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
            var twice = entries.Count(e => e.MayHaveArrived);
            if (open.Count == entries.Count && twice == 0)
            {
                untouched.Add(segment);
                continue;
            }

            var dead = entries.Where(e => e.Fate == Fate.Dead).Select(e => Letter(segment, e)).ToList();
            var delivered = entries.Count(e => e.Fate == Fate.Delivered);
            settlements.Add(
                open.Count > 0
                    ? new Settlement(segment, delivered, dead, Remaining(segment, open, twice))
                    : new Settlement(
                        segment with
                        {
                            PossibleDuplicates = segment.PossibleDuplicates + twice,
                        },
                        delivered,
                        dead
                    )
            );
        }

        return (settlements, untouched);
    }

    private Segment Remaining(Segment segment, List<Entry> open, int twice)
    {
        var times = open.Where(e => e.Item.At != 0).Select(e => e.Item.At).ToList();
        return segment with
        {
            Items = open.Count,
            Raw = Frames.Write(open.ConvertAll(e => (BytesOf(e), e.Item.At))),
            OldestAt = times.Count == 0 ? 0 : times.Min(),
            PossibleDuplicates = segment.PossibleDuplicates + twice,
        };
    }

    private void PushHalves(List<int> entries, bool isFirst)
    {
        var half = entries.Count / 2;
        var (next, other) = (new Range(entries[..half]), new Range(entries[half..]));
        (next, other) = isFirst ? (next, other) : (other, next);
        next.Other = other;
        _ranges.Push(other);
        _ranges.Push(next);
    }

    private ItemKey KeyOf(Entry entry)
    {
        var hash = default(HashCode);
        hash.AddBytes(BytesOf(entry).Span);
        return new ItemKey(_segments[entry.Segment].Id, hash.ToHashCode());
    }

    private ReadOnlyMemory<byte> BytesOf(Entry entry) =>
        _segments[entry.Segment].Raw.AsMemory(entry.Item.Offset, entry.Item.Length);

    private DeadLetter Letter(Segment segment, Entry entry) =>
        new(segment.Connection, entry.Reason, entry.Detail, segment.Variant, entry.Item.At, BytesOf(entry).ToArray())
        {
            Status = entry.Status,
        };

    private sealed class Range(List<int> entries)
    {
        public List<int> Entries => entries;

        /// <summary>It failed, or it must: it need not be sent as a whole.</summary>
        public bool IsBad { get; set; }

        /// <summary>The half that is bad if this one is not.</summary>
        public Range? Other { get; set; }
    }

    private sealed class Entry(int segment, Item item)
    {
        public int Segment => segment;

        public Item Item => item;

        public Fate Fate { get; set; }

        public bool MayHaveArrived { get; set; }

        public DeadLetterReason Reason { get; private set; }

        public HttpStatusCode? Status { get; private set; }

        public string Detail { get; private set; } = "";

        public void Die(DeadLetterReason reason, string detail, HttpStatusCode? status = null) =>
            (Fate, Reason, Detail, Status) = (Fate.Dead, reason, detail, status);
    }
}
