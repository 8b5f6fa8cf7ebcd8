using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Partner.Contracts;
using Partner.Sending.Outbox;

namespace Partner.Sending.Tests;

public sealed class OutboxFormatTests
{
    private static readonly ConnectionId Connection = ConnectionId.New();

    [Fact]
    public void ItemsComeBackAsTheyWere()
    {
        (string Text, long At)[] items =
        [
            ("a", 0),
            ("", -5),
            (new string('x', 70_000), 1_767_000_000_000),
            ("ü\0", long.MaxValue),
        ];
        var frames = Write(items);
        var read = Frames.Read(frames, items.Length);
        Assert.Equal(items, read.Select(i => (Encoding.UTF8.GetString(frames, i.Offset, i.Length), i.At)));
    }

    [Fact]
    [Trait("fault", "F21")]
    public void EveryFlippedByteOfAStoredBodyIsNoticed()
    {
        var stored = SegmentCodec.Encode(SegmentOf(Write([("hello", 1), (new string('y', 300), 2)]), 2));
        for (var i = 0; i < stored.Body.Length; i++)
        {
            var torn = stored.Body.ToArray();
            torn[i] ^= 0x10;
            Assert.Null(SegmentCodec.Decode(Connection, "", torn, stored.Checksum, stored.Segment.Raw.Length));
        }

        Assert.Null(
            SegmentCodec.Decode(Connection, "", stored.Body.AsSpan(..^1), stored.Checksum, stored.Segment.Raw.Length)
        );
        Assert.Equal(
            stored.Segment.Raw,
            SegmentCodec.Decode(Connection, "", stored.Body, stored.Checksum, stored.Segment.Raw.Length)
        );
    }

    [Fact]
    [Trait("security", "43")]
    public void ABodyUnderAnotherConnectionsNameIsNotRead()
    {
        var stored = SegmentCodec.Encode(SegmentOf(Write([("hello", 1)]), 1));
        Assert.Null(
            SegmentCodec.Decode(ConnectionId.New(), "", stored.Body, stored.Checksum, stored.Segment.Raw.Length)
        );
    }

    [Fact]
    public void SegmentsKeepWithinTheirLimitsAndLoseNothing()
    {
        var sizes = Gen.Choose(0, 400_000).ListOf().Where(l => l.Count < 12).ToArbitrary();
        Prop.ForAll(
                sizes,
                list =>
                {
                    var bytes = new byte[list.Sum() + 1];
                    var (items, offset) = (new List<Item>(), 0);
                    foreach (var size in list)
                    {
                        items.Add(new Item(offset, size, 0));
                        offset += size;
                    }

                    var id = 0L;
                    var input = new SegmentInput(Connection, "", bytes, items);
                    var segments = SegmentBuilder.Build([input, input], 1, DateTimeOffset.UnixEpoch, () => id++);
                    Assert.Equal(
                        items.Concat(items).Select(i => i.Length),
                        segments.SelectMany(s => Frames.Read(s.Segment.Raw, s.Segment.Items)).Select(i => i.Length)
                    );
                    Assert.All(
                        segments,
                        s =>
                            Assert.True(
                                s.Segment.Items <= 1_000
                                    && Frames.Read(s.Segment.Raw, s.Segment.Items).Sum(i => i.Length) <= 1_000_000
                            )
                    );
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(50));
    }

    [Fact]
    public void AnItemAboveTheLimitGetsASegmentOfItsOwn()
    {
        var input = new SegmentInput(
            Connection,
            "",
            new byte[2_000_010],
            [new(0, 5, 0), new(5, 2_000_000, 0), new(2_000_005, 5, 0)]
        );
        var id = 0L;
        Assert.Equal(
            [1, 1, 1],
            SegmentBuilder.Build([input], 1, DateTimeOffset.UnixEpoch, () => id++).Select(s => s.Segment.Items)
        );
    }

    internal static byte[] Write(IEnumerable<(string Text, long At)> items) =>
        Frames.Write([.. items.Select(i => ((ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(i.Text), i.At))]);

    internal static Segment SegmentOf(
        byte[] raw,
        int items,
        long id = 1,
        ConnectionId? connection = null,
        long epoch = 1
    ) =>
        new()
        {
            Id = id,
            Epoch = epoch,
            Connection = connection ?? Connection,
            Variant = "",
            Items = items,
            Raw = raw,
            OldestAt = 0,
            AcceptedAt = DateTimeOffset.UnixEpoch,
            Links = "",
            IsFresh = true,
        };
}
