using System.Buffers.Binary;
using System.Text;

namespace Partner.Sending;

/// <summary>How a field's value is written.</summary>
public enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// <summary>
/// Fields of one message, as they come: https://protobuf.dev/programming-guides/encoding/. Own code beside
/// Google.Protobuf: items are passed on as the bytes that they came as, and no object is made of them. Groups are no
/// part of the messages. It never throws: what cannot be read is <see cref="IsBad"/>, nothing comes behind it, and
/// values are empty.
/// </summary>
public ref struct ProtobufReader(ReadOnlySpan<byte> bytes)
{
    private const int MaxField = 1 << 29;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private bool _isUnread;

    public bool IsBad { get; private set; }

    public int Position { get; private set; }

    /// <summary>Where the field just read begins with its tag.</summary>
    public int Start { get; private set; }

    /// <summary>Of the field just read.</summary>
    public int Field { get; private set; }

    public WireType Type { get; private set; }

    /// <summary>Reads a tag; passes over the value before, where it was not read.</summary>
    public bool Next()
    {
        if (_isUnread)
        {
            Skip();
        }

        if (IsBad || Position == _bytes.Length)
        {
            return false;
        }

        Start = Position;
        var tag = Varint();
        var number = tag >> 3;
        (Field, Type) = ((int)Math.Min(number, MaxField), (WireType)(tag & 7));
        IsBad |=
            number is 0 or >= MaxField
            || Type is not (WireType.Varint or WireType.Fixed64 or WireType.Bytes or WireType.Fixed32);
        return _isUnread = !IsBad;
    }

    public ulong ReadVarint() => Expect(WireType.Varint) ? Varint() : 0;

    public ulong ReadFixed64() =>
        Expect(WireType.Fixed64) && Take(sizeof(ulong)) is { IsEmpty: false } value
            ? BinaryPrimitives.ReadUInt64LittleEndian(value)
            : 0;

    public ReadOnlySpan<byte> ReadBytes() => Expect(WireType.Bytes) ? Take(Varint()) : default;

    /// <summary>Invalid UTF-8 becomes U+FFFD.</summary>
    public string ReadString() => Encoding.UTF8.GetString(ReadBytes());

    public void Skip()
    {
        _isUnread = false;
        _ = Type switch
        {
            WireType.Varint => Varint(),
            WireType.Fixed64 => (ulong)Take(sizeof(ulong)).Length,
            WireType.Bytes => (ulong)Take(Varint()).Length,
            _ => (ulong)Take(sizeof(uint)).Length,
        };
    }

    private bool Expect(WireType type)
    {
        _isUnread = false;
        IsBad |= Type != type;
        return !IsBad;
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        IsBad |= length > (ulong)(_bytes.Length - Position);
        if (IsBad)
        {
            return default;
        }

        var taken = _bytes.Slice(Position, (int)length);
        Position += (int)length;
        return taken;
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70 && Position < _bytes.Length; shift += 7)
        {
            var next = _bytes[Position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        IsBad = true;
        return 0;
    }
}
