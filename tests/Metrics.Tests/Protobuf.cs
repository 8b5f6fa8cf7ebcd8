using System.Buffers.Binary;
using System.Text;

namespace Partner.Metrics.Tests;

/// <summary>Writes MetricPayload by hand, so that what reads it is not checked against itself.</summary>
internal static class Protobuf
{
    public static byte[] Series(string metric, params (long Seconds, double Value)[] points) => Field(1,
    [
        .. Field(1, [.. Field(1, "host"u8.ToArray()), .. Field(2, "h1"u8.ToArray())]),
        .. Field(2, Encoding.UTF8.GetBytes(metric)),
        .. Field(3, "env:prod"u8.ToArray()),
        .. points.SelectMany(p => Point(p.Seconds, p.Value)),
        // type GAUGE, and a field that nobody knows yet.
        .. new byte[] { 0x28, 3 },
        .. Field(100, [1, 2, 3]),
    ]);

    public static byte[] Series(string metric, long seconds, double value) => Series(metric, (seconds, value));

    public static byte[] Point(long seconds, double value)
    {
        var bits = new byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(bits, value);
        return Field(4, [0x09, .. bits, 0x10, .. Varint((ulong)seconds)]);
    }

    /// <summary>Of all series; throws where it is no MetricPayload.</summary>
    public static IReadOnlyList<string> NamesOf(ReadOnlySpan<byte> payload)
    {
        var names = new List<string>();
        while (payload.Length > 0)
        {
            if (Next(ref payload, out var series) != 1)
            {
                continue;
            }

            var name = "";
            while (series.Length > 0)
            {
                name = Next(ref series, out var content) == 2 ? Encoding.UTF8.GetString(content) : name;
            }

            names.Add(name);
        }

        return names;
    }

    public static byte[] Field(int number, byte[] contents) =>
        [.. Varint((ulong)((number << 3) | 2)), .. Varint((ulong)contents.Length), .. contents];

    // The number of a field with contents; 0 is any other.
    private static int Next(ref ReadOnlySpan<byte> message, out ReadOnlySpan<byte> content)
    {
        var tag = ReadVarint(ref message);
        var length = (tag & 7) switch
        {
            0 => ReadVarint(ref message) & 0,
            1 => 8UL,
            2 => ReadVarint(ref message),
            5 => 4UL,
            _ => throw new FormatException($"Wire type {tag & 7}."),
        };
        content = message[..checked((int)length)];
        message = message[content.Length..];
        return (tag & 7) == 2 ? (int)(tag >> 3) : 0;
    }

    private static ulong ReadVarint(ref ReadOnlySpan<byte> message)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var part = message[0];
            message = message[1..];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }

    private static byte[] Varint(ulong value) =>
        value < 0x80 ? [(byte)value] : [(byte)(value | 0x80), .. Varint(value >> 7)];
}
