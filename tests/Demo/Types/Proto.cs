using System.Buffers.Binary;
using System.Text;

namespace Partner.Demo.Types;

/// <summary>Enough of protobuf's wire format to write a request.</summary>
internal static class Proto
{
    private const int VarintType = 0;
    private const int Fixed64Type = 1;
    private const int LengthType = 2;

    public static byte[] Message(int field, params byte[][] parts) => Bytes(field, [.. parts.SelectMany(p => p)]);

    public static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    public static byte[] Bytes(int field, byte[] bytes) =>
        [.. Tag(field, LengthType), .. Raw((ulong)bytes.Length), .. bytes];

    public static byte[] Varint(int field, ulong value) => [.. Tag(field, VarintType), .. Raw(value)];

    public static byte[] Double(int field, double value) => Fixed64(field, BitConverter.DoubleToUInt64Bits(value));

    public static byte[] Fixed64(int field, ulong value)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return [.. Tag(field, Fixed64Type), .. bytes];
    }

    private static byte[] Tag(int field, int type) => Raw((ulong)((field << 3) | type));

    private static byte[] Raw(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }
}
