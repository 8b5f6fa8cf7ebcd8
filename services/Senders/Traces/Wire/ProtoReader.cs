using System.Buffers.Binary;
using System.Text;

namespace Partner.Traces.Wire;

internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// <summary>
/// Reads protobuf, https://protobuf.dev/programming-guides/encoding/. Own code, as the messages are few and the
/// runtime and compiler packages are large. Groups are refused. Throws <see cref="MalformedException"/> only.
/// </summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> bytes)
{
    private const string CutOff = "The protobuf message is cut off.";
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private WireType _type;

    public int Position { get; private set; }

    /// <summary>Of the field just read.</summary>
    public int Field { get; private set; }

    public bool Next()
    {
        if (Position == _bytes.Length)
        {
            return false;
        }

        var tag = Varint();
        Field = tag >> 3 is > 0 and < 1 << 29 ? (int)(tag >> 3) : throw new MalformedException("A protobuf field's number is out of range.");
        _type = (WireType)(tag & 7);
        return _type is WireType.Varint or WireType.Fixed64 or WireType.Bytes or WireType.Fixed32
            ? true
            : throw new MalformedException("A protobuf field is of no known wire type.");
    }

    public ulong ReadVarint()
    {
        Expect(WireType.Varint);
        return Varint();
    }

    public ulong ReadFixed64()
    {
        Expect(WireType.Fixed64);
        return BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
    }

    public ReadOnlySpan<byte> ReadBytes()
    {
        Expect(WireType.Bytes);
        return Take(Varint());
    }

    public string ReadString()
    {
        try
        {
            return Utf8.GetString(ReadBytes());
        }
        catch (DecoderFallbackException)
        {
            throw new MalformedException("A protobuf string is not UTF-8.");
        }
    }

    public void Skip() => _ = _type switch
    {
        WireType.Varint => Varint(),
        WireType.Fixed64 => (ulong)Take(8).Length,
        WireType.Bytes => (ulong)Take(Varint()).Length,
        _ => (ulong)Take(4).Length,
    };

    private readonly void Expect(WireType type)
    {
        if (_type != type)
        {
            throw new MalformedException($"Protobuf field {Field} is not of its type.");
        }
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(_bytes.Length - Position))
        {
            throw new MalformedException(CutOff);
        }

        var taken = _bytes.Slice(Position, (int)length);
        Position += (int)length;
        return taken;
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (Position == _bytes.Length)
            {
                throw new MalformedException(CutOff);
            }

            var next = _bytes[Position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new MalformedException("A protobuf number is too long.");
    }
}
