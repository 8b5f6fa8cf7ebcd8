using System.Buffers.Binary;
using System.Text;

namespace Partner.Traces.Wire;

/// <summary>
/// Reads MessagePack, https://github.com/msgpack/msgpack/blob/master/spec.md, as much as tracers write. Own code: no
/// package is to be had everywhere. A count is never trusted for an allocation. Throws
/// <see cref="MalformedException"/> only.
/// </summary>
internal ref struct MessagePackReader(ReadOnlySpan<byte> bytes) : ISpanReader
{
    private const int MaxDepth = 64;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    public static bool HasBytes => true;

    /// <summary>An array's count; nil counts as empty.</summary>
    public int ReadArray()
    {
        var code = Byte();
        return code switch
        {
            0xC0 => 0,
            >= 0x90 and <= 0x9F => code & 0x0F,
            0xDC => Count(2),
            0xDD => Count(4),
            _ => throw Not("an array"),
        };
    }

    /// <summary>A map's count of pairs; nil counts as empty.</summary>
    public int ReadMap()
    {
        var code = Byte();
        return code switch
        {
            0xC0 => 0,
            >= 0x80 and <= 0x8F => code & 0x0F,
            0xDE => Count(2),
            0xDF => Count(4),
            _ => throw Not("a map"),
        };
    }

    public readonly bool Next(ref int left) => left-- > 0;

    public string ReadKey() => ReadString();

    /// <summary>Text or bytes; nil counts as empty.</summary>
    public ReadOnlySpan<byte> ReadBytes()
    {
        var code = Byte();
        return code switch
        {
            0xC0 => [],
            >= 0xA0 and <= 0xBF => Take(code & 0x1F),
            0xC4 or 0xD9 => Take(Count(1)),
            0xC5 or 0xDA => Take(Count(2)),
            0xC6 or 0xDB => Take(Count(4)),
            _ => throw Not("a string"),
        };
    }

    // Bytes that are not UTF-8 become replacement characters: tracers send such values, and the Agent takes them.
    public string ReadString() => Encoding.UTF8.GetString(ReadBytes());

    /// <summary>A negative number is its two's complement: some tracers write ids so. Nil is 0.</summary>
    public ulong ReadInteger()
    {
        var code = Byte();
        return code switch
        {
            <= 0x7F => code,
            >= 0xE0 => (ulong)(sbyte)code,
            0xC0 or 0xC2 => 0,
            0xC3 => 1,
            0xCC => Take(1)[0],
            0xCD => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xCE => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            0xCF => BinaryPrimitives.ReadUInt64BigEndian(Take(8)),
            0xD0 => (ulong)(sbyte)Take(1)[0],
            0xD1 => (ulong)BinaryPrimitives.ReadInt16BigEndian(Take(2)),
            0xD2 => (ulong)BinaryPrimitives.ReadInt32BigEndian(Take(4)),
            0xD3 => (ulong)BinaryPrimitives.ReadInt64BigEndian(Take(8)),
            _ => throw Not("a whole number"),
        };
    }

    public double ReadDouble()
    {
        var code = _position < _bytes.Length ? _bytes[_position] : throw CutOff();
        switch (code)
        {
            case 0xCA:
                _position++;
                return BinaryPrimitives.ReadSingleBigEndian(Take(4));
            case 0xCB:
                _position++;
                return BinaryPrimitives.ReadDoubleBigEndian(Take(8));
            default:
                var whole = ReadInteger();
                return code is >= 0xE0 or >= 0xD0 and <= 0xD3 ? (long)whole : whole;
        }
    }

    public void Skip() => Skip(0);

    public readonly void End()
    {
        if (_position != _bytes.Length)
        {
            throw new MalformedException("The MessagePack body goes on behind its end.");
        }
    }

    private void Skip(int depth)
    {
        if (depth > MaxDepth)
        {
            throw new MalformedException("The MessagePack body is too deep.");
        }

        var code = _position < _bytes.Length ? _bytes[_position] : throw CutOff();
        switch (code)
        {
            case >= 0x80 and <= 0x8F or 0xDE or 0xDF:
                for (var left = 2L * ReadMap(); left > 0; left--)
                {
                    Skip(depth + 1);
                }

                break;
            case >= 0x90 and <= 0x9F or 0xDC or 0xDD:
                for (var left = ReadArray(); left > 0; left--)
                {
                    Skip(depth + 1);
                }

                break;
            case >= 0xA0 and <= 0xBF or >= 0xC4 and <= 0xC6 or >= 0xD9 and <= 0xDB:
                ReadBytes();
                break;
            case >= 0xC7 and <= 0xC9:
                _position++;
                Take(Count(1 << (code - 0xC7)));
                Take(1);
                break;
            case >= 0xD4 and <= 0xD8:
                _position++;
                Take(1 + (1 << (code - 0xD4)));
                break;
            default:
                ReadDouble();
                break;
        }
    }

    private byte Byte() => Take(1)[0];

    private int Count(int size)
    {
        var bytes = Take(size);
        var count = size switch
        {
            1 => bytes[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(bytes),
            _ => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        };
        // Each element takes a byte at least.
        return count <= (uint)(_bytes.Length - _position) ? (int)count : throw CutOff();
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _bytes.Length - _position)
        {
            throw CutOff();
        }

        _position += length;
        return _bytes.Slice(_position - length, length);
    }

    private static MalformedException CutOff() => new("The MessagePack body is cut off.");

    private static MalformedException Not(string what) =>
        new($"The MessagePack body has something else where {what} belongs.");
}
