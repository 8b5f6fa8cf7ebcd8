using System.Buffers.Binary;
using System.Text;

namespace Partner.Sending.Otlp;

/// <summary>Writes protobuf. A message's length is known at its end only: its bytes then make room for it.</summary>
/// <param name="memory">Pays for what is written.</param>
public sealed class ProtoWriter(int capacity = 4096, MemoryCharge? memory = null)
{
    private byte[] _bytes = new byte[capacity];
    private int _paid;

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    public void Varint(int field, ulong value)
    {
        Tag(field, WireType.Varint);
        Number(value);
    }

    public void Fixed64(int field, ulong value)
    {
        Tag(field, WireType.Fixed64);
        BinaryPrimitives.WriteUInt64LittleEndian(Room(8), value);
    }

    public void Fixed32(int field, uint value)
    {
        Tag(field, WireType.Fixed32);
        BinaryPrimitives.WriteUInt32LittleEndian(Room(4), value);
    }

    public void Double(int field, double value) => Fixed64(field, BitConverter.DoubleToUInt64Bits(value));

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, WireType.Bytes);
        Number((ulong)value.Length);
        value.CopyTo(Room(value.Length));
    }

    public void String(int field, string value)
    {
        Tag(field, WireType.Bytes);
        var length = Encoding.UTF8.GetByteCount(value);
        Number((ulong)length);
        Encoding.UTF8.GetBytes(value, Room(length));
    }

    /// <summary>For strings and messages that are left out when they are empty.</summary>
    public void StringIfAny(int field, string value)
    {
        if (value.Length > 0)
        {
            String(field, value);
        }
    }

    /// <summary>Bytes that are protobuf already.</summary>
    public void Raw(ReadOnlySpan<byte> value) => value.CopyTo(Room(value.Length));

    /// <returns>To be handed to <see cref="End"/>.</returns>
    public int Begin(int field)
    {
        Tag(field, WireType.Bytes);
        return Length;
    }

    public void End(int start)
    {
        var length = Length - start;
        Number((ulong)length);
        var size = Length - start - length;
        Span<byte> prefix = stackalloc byte[10];
        _bytes.AsSpan(start + length, size).CopyTo(prefix);
        _bytes.AsSpan(start, length).CopyTo(_bytes.AsSpan(start + size));
        prefix[..size].CopyTo(_bytes.AsSpan(start));
    }

    private void Tag(int field, WireType type) => Number(((ulong)field << 3) | (ulong)type);

    private void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Room(1)[0] = (byte)(value | 0x80);
        }

        Room(1)[0] = (byte)value;
    }

    private Span<byte> Room(int length)
    {
        if (_bytes.Length - Length < length)
        {
            Grow(checked(Math.Max(_bytes.Length * 2, Length + length)));
        }

        Length += length;
        return _bytes.AsSpan(Length - length, length);
    }

    // While it is copied there are two.
    private void Grow(int capacity)
    {
        MalformedException.ThrowIf(memory?.Take(capacity));
        Array.Resize(ref _bytes, capacity);
        memory?.Give(_paid);
        _paid = capacity;
    }
}
