using System.Buffers.Binary;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Numerics;
using System.Text;
using Partner.Sandbox.OAuth;

namespace Partner.Sandbox.Intake;

/// <summary>
/// For load: of each item that arrived its mark, a hash of its bytes and the time, 16 bytes in place of the item. A mark
/// is <c>bench_</c> and 16 lower-case hex digits anywhere in the item; all types allow that in some name.
/// </summary>
public sealed class Marks
{
    /// <summary>The mark of an item that has none.</summary>
    public const ulong None = ulong.MaxValue;

    private const int Digits = 16;
    private const int PageItems = 200_000;

    private readonly ConcurrentQueue<MarkedBatch> _batches = new();

    public static ReadOnlySpan<byte> Prefix => "bench_"u8;

    /// <summary>Where the digits of the first mark are; -1 where there is none.</summary>
    public static int Find(ReadOnlySpan<byte> item) =>
        item.IndexOf(Prefix) is >= 0 and var at && at + Prefix.Length + Digits <= item.Length ? at + Prefix.Length : -1;

    public static ulong MarkOf(ReadOnlySpan<byte> item) =>
        Find(item) is >= 0 and var at
        && Utf8Parser.TryParse(item.Slice(at, Digits), out ulong mark, out var read, 'x')
        && read == Digits
            ? mark
            : None;

    /// <summary>
    /// Two interleaved CRC-32C: a few cycles a word, the same in every process, and no accident passes both.
    /// </summary>
    public static ulong HashOf(ReadOnlySpan<byte> item)
    {
        var (even, odd) = (0u, uint.MaxValue);
        for (; item.Length >= 2 * sizeof(ulong); item = item[(2 * sizeof(ulong))..])
        {
            even = BitOperations.Crc32C(even, BinaryPrimitives.ReadUInt64LittleEndian(item));
            odd = BitOperations.Crc32C(odd, BinaryPrimitives.ReadUInt64LittleEndian(item[sizeof(ulong)..]));
        }

        foreach (var last in item)
        {
            even = BitOperations.Crc32C(even, last);
        }

        return ((ulong)even << 32) | odd;
    }

    /// <summary>What <see cref="TakePage"/> wrote.</summary>
    public static IReadOnlyList<MarkedBatch> ReadPage(Stream page)
    {
        using var reader = new BinaryReader(page, Encoding.UTF8, leaveOpen: true);
        var batches = new List<MarkedBatch>(reader.ReadInt32());
        for (var left = batches.Capacity; left > 0; left--)
        {
            var (org, at, items) = (reader.ReadString(), reader.ReadInt64(), reader.ReadInt32());
            var (ids, hashes) = (new ulong[items], new ulong[items]);
            for (var i = 0; i < items; i++)
            {
                (ids[i], hashes[i]) = (reader.ReadUInt64(), reader.ReadUInt64());
            }

            batches.Add(new MarkedBatch(org, at, ids, hashes));
        }

        return batches;
    }

    internal void Add(Org? org, IReadOnlyCollection<ArrivedItem> items)
    {
        var at = Stopwatch.GetTimestamp();
        var (ids, hashes, count) = (new ulong[items.Count], new ulong[items.Count], 0);
        foreach (var item in items)
        {
            if (item.IsDelivered)
            {
                (ids[count], hashes[count]) = (MarkOf(item.Raw.Span), HashOf(item.Raw.Span));
                count++;
            }
        }

        _batches.Enqueue(new MarkedBatch(org?.Id ?? "", at, ids[..count], hashes[..count]));
    }

    /// <summary>Up to 200,000 items; what is taken is forgotten.</summary>
    internal byte[] TakePage()
    {
        var taken = new List<MarkedBatch>();
        for (var items = 0; items < PageItems && _batches.TryDequeue(out var batch); items += batch.Ids.Length)
        {
            taken.Add(batch);
        }

        using var page = new MemoryStream();
        using var writer = new BinaryWriter(page, Encoding.UTF8);
        writer.Write(taken.Count);
        foreach (var batch in taken)
        {
            writer.Write(batch.Org);
            writer.Write(batch.At);
            writer.Write(batch.Ids.Length);
            for (var i = 0; i < batch.Ids.Length; i++)
            {
                writer.Write(batch.Ids[i]);
                writer.Write(batch.Hashes[i]);
            }
        }

        writer.Flush();
        return page.ToArray();
    }
}

/// <summary>What one request brought. <paramref name="At"/> is a Stopwatch's: comparable between a machine's processes.</summary>
public sealed record MarkedBatch(string Org, long At, ulong[] Ids, ulong[] Hashes);
