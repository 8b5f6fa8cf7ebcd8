using Partner.Sending.Waiting;

namespace Partner.Sending.Outbox;

/// <summary>Items of one connection and variant that go into segments.</summary>
/// <param name="Bytes">What the items' offsets point into.</param>
internal sealed record SegmentInput(
    ConnectionId Connection,
    string Variant,
    ReadOnlyMemory<byte> Bytes,
    IReadOnlyList<Item> Items
)
{
    /// <summary>Of the request that brought them.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The request that waits for their delivery; they share no segment with others.</summary>
    public DeliveryWait? Wait { get; init; }
}

/// <summary>Cuts the items of one commit into segments, per connection and variant, in the order accepted.</summary>
internal static class SegmentBuilder
{
    private const int MaxLinks = 16;

    public static List<StoredSegment> Build(
        IReadOnlyList<SegmentInput> inputs,
        long epoch,
        DateTimeOffset now,
        Func<long> nextId,
        int maxItems = Segment.MaxItems
    )
    {
        var segments = new List<StoredSegment>();
        foreach (var group in inputs.GroupBy(s => (s.Connection, s.Variant, s.Wait)))
        {
            var open = new Open();
            foreach (var input in group)
            {
                foreach (var item in input.Items)
                {
                    if (open.Count > 0 && (open.Count == maxItems || open.Bytes + item.Length > Segment.MaxBytes))
                    {
                        segments.Add(Close(open, group.Key, epoch, now, nextId()));
                        open = new Open();
                    }

                    open.Add(input, item);
                }
            }

            if (open.Count > 0)
            {
                segments.Add(Close(open, group.Key, epoch, now, nextId()));
            }
        }

        return segments;
    }

    private static StoredSegment Close(
        Open open,
        (ConnectionId Connection, string Variant, DeliveryWait? Wait) of,
        long epoch,
        DateTimeOffset now,
        long id
    )
    {
        of.Wait?.Expect(id, open.Count);
        return SegmentCodec.Encode(
            new Segment
            {
                Id = id,
                Epoch = epoch,
                Connection = of.Connection,
                Variant = of.Variant,
                Items = open.Count,
                Raw = Frames.Write(open.Items),
                OldestAt = open.OldestAt,
                AcceptedAt = now,
                Links = string.Join(' ', open.Links.Take(MaxLinks)),
                IsFresh = true,
            }
        );
    }

    private sealed class Open
    {
        public List<(ReadOnlyMemory<byte> Bytes, long At)> Items { get; } = [];

        public int Count => Items.Count;

        public int Bytes { get; private set; }

        public long OldestAt { get; private set; }

        public HashSet<string> Links { get; } = [];

        public void Add(SegmentInput input, Item item)
        {
            Items.Add((input.Bytes.Slice(item.Offset, item.Length), item.At));
            Bytes += item.Length;
            OldestAt = item.At != 0 && (OldestAt == 0 || item.At < OldestAt) ? item.At : OldestAt;
            if (input.TraceParent is { } link)
            {
                Links.Add(link);
            }
        }
    }
}
