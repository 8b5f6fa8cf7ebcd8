using System.Buffers.Binary;

namespace Partner.Metrics;

/// <summary>
/// Fields of one message, as they come: https://protobuf.dev/programming-guides/encoding/. Own code beside
/// Google.Protobuf: series are passed on as the bytes that they came as, and no object is made of them.
/// </summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> bytes)
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Length = 2;
    private const int Fixed32 = 5;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    /// <summary>Something is not protobuf; nothing more is read.</summary>
    public bool IsBad { get; private set; }

    /// <summary>Where the field with its tag begins.</summary>
    public int Start { get; private set; }

    public int Field { get; private set; }

    /// <summary>Contents of a field with a length; where in the message they begin.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    public int BytesStart { get; private set; }

    public ulong Number { get; private set; }

    public bool IsBytes { get; private set; }

    public readonly bool IsNumber => Wire == Varint;

    public readonly bool IsDouble => Wire == Fixed64;

    private int Wire { get; set; }

    public bool Read()
    {
        if (IsBad || Position == _bytes.Length)
        {
            return false;
        }

        Start = Position;
        var tag = ReadVarint();
        (Field, Wire) = ((int)Math.Min(tag >> 3, int.MaxValue), (int)(tag & 7));
        IsBytes = Wire == Length;
        switch (Wire)
        {
            case Varint:
                Number = ReadVarint();
                break;
            case Fixed64 when _bytes.Length - Position >= sizeof(ulong):
                Number = BinaryPrimitives.ReadUInt64LittleEndian(_bytes[Position..]);
                Position += sizeof(ulong);
                break;
            case Fixed32 when _bytes.Length - Position >= sizeof(uint):
                Position += sizeof(uint);
                break;
            case Length:
                var length = ReadVarint();
                if (length > (ulong)(_bytes.Length - Position))
                {
                    IsBad = true;
                    break;
                }

                BytesStart = Position;
                Bytes = _bytes.Slice(Position, (int)length);
                Position += (int)length;
                break;
            default:
                // Groups among them: the message has none.
                IsBad = true;
                break;
        }

        IsBad |= Field == 0;
        return !IsBad;
    }

    public static int WriteVarint(Span<byte> output, ulong value)
    {
        var length = 0;
        while (value >= 0x80)
        {
            output[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        output[length++] = (byte)value;
        return length;
    }

    private ulong ReadVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (Position == _bytes.Length)
            {
                break;
            }

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
