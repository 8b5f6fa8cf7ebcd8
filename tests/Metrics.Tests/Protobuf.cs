using System.Buffers.Binary;
using System.Text;

namespace Partner.Metrics.Tests;

/// <summary>Writes MetricPayload by hand, so that what reads it is not checked against itself.</summary>
internal static class Protobuf
{
    public static byte[] Series(string metric, params (long Seconds, double Value)[] points) =>
        Field(
            1,
            [
                .. Field(1, [.. Field(1, "host"u8.ToArray()), .. Field(2, "h1"u8.ToArray())]),
                .. Field(2, Encoding.UTF8.GetBytes(metric)),
                .. Field(3, "env:prod"u8.ToArray()),
                .. points.SelectMany(p => Point(p.Seconds, p.Value)),
                // type GAUGE, and a field that nobody knows yet.
                .. new byte[] { 0x28, 3 },
                .. Field(100, [1, 2, 3]),
            ]
        );

    public static byte[] Series(string metric, long seconds, double value) => Series(metric, (seconds, value));

    public static byte[] Point(long seconds, double value)
    {
        var bits = new byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(bits, value);
        return Field(4, [0x09, .. bits, 0x10, .. Varint((ulong)seconds)]);
    }

    public static byte[] Field(int number, byte[] contents) =>
        [.. Varint((ulong)((number << 3) | 2)), .. Varint((ulong)contents.Length), .. contents];

    private static byte[] Varint(ulong value) =>
        value < 0x80 ? [(byte)value] : [(byte)(value | 0x80), .. Varint(value >> 7)];
}
