using System.Buffers.Binary;
using System.Text;

namespace Partner.Sandbox;

/// <summary>How a field's value is written; groups are not used.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// <summary>
/// Walks the fields of one protobuf message (https://protobuf.dev/programming-guides/encoding/). What is not
/// well-formed throws <see cref="InvalidDataException"/>.
/// </summary>
internal ref struct WireReader(ReadOnlySpan<byte> message)
{
    private readonly ReadOnlySpan<byte> _message = message;
    private int _at;
    private ReadOnlySpan<byte> _bytes;
    private ulong _number;

    public int Field { get; private set; }

    public WireType Type { get; private set; }

    /// <summary>The value of a varint or of a fixed field.</summary>
    public readonly ulong Number => Type != WireType.Bytes ? _number : throw Malformed();

    /// <summary>The value of a string, a message or a byte field.</summary>
    public readonly ReadOnlySpan<byte> Bytes => Type == WireType.Bytes ? _bytes : throw Malformed();

    public readonly string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>The field with its tag and length.</summary>
    public ReadOnlySpan<byte> Whole { get; private set; }

    public readonly bool Is(int field, WireType type) => Field == field && Type == type;

    public bool Next()
    {
        if (_at == _message.Length)
        {
            return false;
        }

        var start = _at;
        var tag = Varint();
        Field = tag >> 3 is > 0 and < 1 << 29 and var field ? (int)field : throw Malformed();
        Type = (WireType)(tag & 7);
        switch (Type)
        {
            case WireType.Varint:
                _number = Varint();
                break;
            case WireType.Fixed64:
                _number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case WireType.Bytes:
                _bytes = Take(Varint());
                break;
            case WireType.Fixed32:
                _number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            default:
                throw Malformed();
        }

        Whole = _message[start.._at];
        return true;
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Malformed();
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(_message.Length - _at))
        {
            throw Malformed();
        }

        _at += (int)count;
        return _message.Slice(_at - (int)count, (int)count);
    }

    private static InvalidDataException Malformed() => new("Not a protobuf message.");
}
