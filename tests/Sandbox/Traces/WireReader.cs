using System.Buffers.Binary;
using System.Text;

namespace Partner.Sandbox.Traces;

/// <summary>
/// Walks the fields of one protobuf message (protobuf.dev/programming-guides/encoding). What is not well-formed throws
/// <see cref="InvalidDataException"/>.
/// </summary>
internal ref struct WireReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;
    private ReadOnlySpan<byte> _bytes;
    private ulong _number;
    private bool _isBytes;

    public int Field { get; private set; }

    /// <summary>The value of a varint or of a fixed field.</summary>
    public readonly ulong Number => _isBytes ? throw Malformed() : _number;

    /// <summary>The value of a string, a message or a byte field.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _isBytes ? _bytes : throw Malformed();

    public readonly string Text => Encoding.UTF8.GetString(Bytes);

    public bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var tag = Varint();
        Field = tag >> 3 is > 0 and < 1 << 29 and var field ? (int)field : throw Malformed();
        _isBytes = (tag & 7) == 2;
        switch (tag & 7)
        {
            case 0:
                _number = Varint();
                break;
            case 1:
                _number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case 2:
                _bytes = Take(Varint());
                break;
            case 5:
                _number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            default:
                throw Malformed();
        }

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
        if (count > (ulong)_rest.Length)
        {
            throw Malformed();
        }

        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }

    private static InvalidDataException Malformed() => new("Not a protobuf message.");
}
