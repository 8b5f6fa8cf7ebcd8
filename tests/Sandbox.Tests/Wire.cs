using System.Buffers.Binary;
using System.Text;

namespace Partner.Sandbox.Tests;

/// <summary>Writes protobuf fields, so that the sandbox is not tested with its own reader turned round.</summary>
internal sealed class Wire
{
    private readonly MemoryStream _message = new();

    public byte[] Bytes => _message.ToArray();

    public Wire Varint(int field, ulong value)
    {
        Write((ulong)field << 3);
        Write(value);
        return this;
    }

    public Wire Fixed64(int field, ulong value)
    {
        Write(((ulong)field << 3) | 1);
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _message.Write(bytes);
        return this;
    }

    public Wire Blob(int field, byte[] value)
    {
        Write(((ulong)field << 3) | 2);
        Write((ulong)value.Length);
        _message.Write(value);
        return this;
    }

    public Wire Text(int field, string value) => Blob(field, Encoding.UTF8.GetBytes(value));

    public Wire Message(int field, Wire value) => Blob(field, value.Bytes);

    private void Write(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _message.WriteByte((byte)(value | 0x80));
        }

        _message.WriteByte((byte)value);
    }
}
