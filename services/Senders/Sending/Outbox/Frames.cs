using System.Numerics;

namespace Partner.Sending.Outbox;

/// <summary>
/// The items of a segment: a version byte, then per item its length (unsigned LEB128), its time (zigzag LEB128, unix
/// milliseconds) and its bytes as sent.
/// </summary>
internal static class Frames
{
    private const byte Version = 1;

    /// <summary>In one array of just the size: what grows with its contents is copied, and left for the collector, as often.</summary>
    public static byte[] Write(IReadOnlyList<(ReadOnlyMemory<byte> Bytes, long At)> items)
    {
        var size = 1;
        foreach (var (bytes, at) in items)
        {
            size += VarintSize((ulong)bytes.Length) + VarintSize(Zigzag(at)) + bytes.Length;
        }

        var frames = GC.AllocateUninitializedArray<byte>(size);
        frames[0] = Version;
        var position = 1;
        foreach (var (bytes, at) in items)
        {
            position += WriteVarint(frames.AsSpan(position), (ulong)bytes.Length);
            position += WriteVarint(frames.AsSpan(position), Zigzag(at));
            bytes.Span.CopyTo(frames.AsSpan(position));
            position += bytes.Length;
        }

        return frames;
    }

    /// <summary>Where the items are. The bytes passed their checksum, so anything odd is a defect of ours.</summary>
    public static List<Item> Read(ReadOnlySpan<byte> frames, int count)
    {
        if (frames.Length == 0 || frames[0] != Version)
        {
            throw new InvalidDataException("Not a segment of a version that this program reads.");
        }

        var items = new List<Item>(count);
        var position = 1;
        while (position < frames.Length)
        {
            var length = (int)ReadVarint(frames, ref position);
            var zigzag = ReadVarint(frames, ref position);
            var at = (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
            if (length < 0 || length > frames.Length - position)
            {
                throw new InvalidDataException("A segment's item is longer than the segment.");
            }

            items.Add(new Item(position, length, at));
            position += length;
        }

        return items.Count == count
            ? items
            : throw new InvalidDataException("A segment has not as many items as its row says.");
    }

    private static ulong Zigzag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private static int VarintSize(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    private static int WriteVarint(Span<byte> span, ulong value)
    {
        var i = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[i++] = (byte)(value | 0x80);
        }

        span[i] = (byte)value;
        return i + 1;
    }

    private static ulong ReadVarint(ReadOnlySpan<byte> frames, ref int position)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64 && position < frames.Length; shift += 7)
        {
            var next = frames[position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("A segment's number is cut off.");
    }
}
