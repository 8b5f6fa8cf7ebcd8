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
    private const byte Nil = 0xC0;
    private const double TwoTo64 = 18446744073709551616.0;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    public static bool HasBytes => true;

    public static ReadOnlySpan<byte> Separator => default;

    public readonly int Start => _position;

    public readonly int End => _position;

    public readonly bool IsNull => Code == Nil;

    private readonly byte Code => _position < _bytes.Length ? _bytes[_position] : throw CutOff();

    public bool TryReadArray(out int left)
    {
        var code = Code;
        left = 0;
        if (code is not (>= 0x90 and <= 0x9F or 0xDC or 0xDD))
        {
            return false;
        }

        _position++;
        left = code switch
        {
            0xDC => Count(2),
            0xDD => Count(4),
            _ => code & 0x0F,
        };
        return true;
    }

    /// <param name="left">Pairs.</param>
    public bool TryReadMap(out int left)
    {
        var code = Code;
        left = 0;
        if (code is not (>= 0x80 and <= 0x8F or 0xDE or 0xDF))
        {
            return false;
        }

        _position++;
        left = code switch
        {
            0xDE => Count(2),
            0xDF => Count(4),
            _ => code & 0x0F,
        };
        return true;
    }

    public readonly bool Next(ref int left) => left-- > 0;

    public string ReadKey()
    {
        if (TryReadText(out var key))
        {
            return key;
        }

        Skip();
        return "";
    }

    /// <summary>Some tracers write text as bytes.</summary>
    public bool TryReadText(out string text)
    {
        var isText = TryReadBytes(out var bytes);
        text = Encoding.UTF8.GetString(bytes);
        return isText;
    }

    /// <summary>Text or bytes; nil counts as empty.</summary>
    public bool TryReadBytes(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        var code = Code;
        if (code is not (Nil or (>= 0xA0 and <= 0xBF) or (>= 0xC4 and <= 0xC6) or (>= 0xD9 and <= 0xDB)))
        {
            return false;
        }

        _position++;
        bytes = code switch
        {
            Nil => [],
            0xC4 or 0xD9 => Take(Count(1)),
            0xC5 or 0xDA => Take(Count(2)),
            0xC6 or 0xDB => Take(Count(4)),
            _ => Take(code & 0x1F),
        };
        return true;
    }

    /// <summary>Some tracers write ids as negative numbers, and some numbers as floating ones.</summary>
    public bool TryReadInteger(out ulong number)
    {
        var code = Code;
        number = 0;
        if (code is 0xCA or 0xCB)
        {
            var start = _position;
            var value = ReadNumber();
            var isWhole = double.IsInteger(value) && value is >= long.MinValue and < TwoTo64;
            number = isWhole ? value < 0 ? (ulong)(long)value : (ulong)value : 0;
            _position = isWhole ? _position : start;
            return isWhole;
        }

        if (code is not (<= 0x7F or >= 0xE0 or Nil or 0xC2 or 0xC3 or (>= 0xCC and <= 0xD3)))
        {
            return false;
        }

        number = ReadInteger();
        return true;
    }

    /// <summary>Nil is none.</summary>
    public bool TryReadDouble(out double number)
    {
        var isNumber = Code is <= 0x7F or >= 0xE0 or (>= 0xCA and <= 0xD3);
        number = isNumber ? ReadNumber() : 0;
        return isNumber;
    }

    public void Skip() => Skip(0);

    public readonly void Finish()
    {
        if (_position != _bytes.Length)
        {
            throw new MalformedException("The MessagePack body goes on behind its end.");
        }
    }

    private ulong ReadInteger()
    {
        var code = Byte();
        return code switch
        {
            <= 0x7F => code,
            >= 0xE0 => (ulong)(sbyte)code,
            0xC3 => 1,
            0xCC => Take(1)[0],
            0xCD => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xCE => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            0xCF => BinaryPrimitives.ReadUInt64BigEndian(Take(8)),
            0xD0 => (ulong)(sbyte)Take(1)[0],
            0xD1 => (ulong)BinaryPrimitives.ReadInt16BigEndian(Take(2)),
            0xD2 => (ulong)BinaryPrimitives.ReadInt32BigEndian(Take(4)),
            0xD3 => (ulong)BinaryPrimitives.ReadInt64BigEndian(Take(8)),
            // Nil and false.
            _ => 0,
        };
    }

    private double ReadNumber()
    {
        var code = Code;
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

    private void Skip(int depth)
    {
        if (depth > MaxDepth)
        {
            throw new MalformedException("The MessagePack body is too deep.");
        }

        var code = Code;
        switch (code)
        {
            case >= 0x80 and <= 0x8F or 0xDE or 0xDF:
                TryReadMap(out var pairs);
                for (var left = 2L * pairs; left > 0; left--)
                {
                    Skip(depth + 1);
                }

                break;
            case >= 0x90 and <= 0x9F or 0xDC or 0xDD:
                for (TryReadArray(out var left); left > 0; left--)
                {
                    Skip(depth + 1);
                }

                break;
            case >= 0xA0 and <= 0xBF or >= 0xC4 and <= 0xC6 or >= 0xD9 and <= 0xDB:
                TryReadBytes(out _);
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
            case 0xC1:
                throw new MalformedException("The MessagePack body has a byte that is never used.");
            default:
                ReadNumber();
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
}
