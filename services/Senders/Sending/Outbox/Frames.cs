using System.Buffers;

namespace Partner.Sending.Outbox;

/// <summary>
/// The items of a segment: a version byte, then per item its length (unsigned LEB128), its time (zigzag LEB128, unix
/// milliseconds) and its bytes as sent.
/// </summary>
internal static class Frames
{
    private const byte Version = 1;

    // Two varints of at most ten bytes.
    private const int MaxHeader = 20;

    public static void Begin(IBufferWriter<byte> writer) => writer.Write([Version]);

    public static void Append(IBufferWriter<byte> writer, ReadOnlySpan<byte> item, long at)
    {
        var span = writer.GetSpan(MaxHeader + item.Length);
        var length = WriteVarint(span, (ulong)item.Length);
        length += WriteVarint(span[length..], (ulong)((at << 1) ^ (at >> 63)));
        item.CopyTo(span[length..]);
        writer.Advance(length + item.Length);
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
