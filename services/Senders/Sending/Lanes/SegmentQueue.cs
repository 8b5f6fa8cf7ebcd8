using System.Diagnostics.CodeAnalysis;
using Partner.Sending.Outbox;

namespace Partner.Sending.Lanes;

/// <summary>
/// Segments in the order of their ids, replayed ones last, regardless of the order in which they come back.
/// </summary>
internal sealed class SegmentQueue
{
    private readonly PriorityQueue<Segment, (bool IsReplay, long Id)> _queue = new();

    public int Count => _queue.Count;

    public long Bytes { get; private set; }

    public void Add(Segment segment)
    {
        _queue.Enqueue(segment, segment.Rank);
        Bytes += segment.Raw.Length;
    }

    public bool TryPeek([NotNullWhen(true)] out Segment? segment) => _queue.TryPeek(out segment, out _);

    public bool Any(Func<Segment, bool> predicate) => _queue.UnorderedItems.Any(i => predicate(i.Element));

    /// <summary>The first of these; there is one.</summary>
    public Segment TakeFirst(Func<Segment, bool> predicate)
    {
        var first = _queue.UnorderedItems.Select(i => i.Element).Where(predicate).MinBy(s => s.Rank)!;
        _queue.Remove(first, out _, out _);
        Bytes -= first.Raw.Length;
        return first;
    }

    /// <summary>Merges whole segments of one variant up to the limits; at least one.</summary>
    public List<Segment> Take(int maxItems, long maxBytes)
    {
        var taken = new List<Segment>();
        var (items, bytes) = (0, 0L);
        while (
            _queue.TryPeek(out var next, out _)
            && (
                taken.Count == 0
                || (
                    next.Variant == taken[0].Variant
                    && items + next.Items <= maxItems
                    && bytes + next.Raw.Length <= maxBytes
                )
            )
        )
        {
            taken.Add(_queue.Dequeue());
            (items, bytes) = (items + next.Items, bytes + next.Raw.Length);
        }

        Bytes -= bytes;
        return taken;
    }

    /// <summary>Takes out all but those to keep.</summary>
    public List<Segment> Shed(Func<Segment, bool> keep)
    {
        var all = _queue.UnorderedItems.Select(i => i.Element).ToList();
        _queue.Clear();
        Bytes = 0;
        var shed = new List<Segment>();
        foreach (var segment in all)
        {
            if (keep(segment))
            {
                Add(segment);
            }
            else
            {
                shed.Add(segment);
            }
        }

        return shed;
    }
}
