using System.Text;
using MessagePack;

namespace Partner.Traces.Wire;

/// <summary>
/// Throws <c>MessagePackSerializationException</c> or <see cref="EndOfStreamException"/> for what is not MessagePack,
/// <see cref="MalformedException"/> for what comes behind it. No count is trusted for an allocation.
/// </summary>
internal ref struct MessagePackSpanReader(ReadOnlyMemory<byte> body) : ISpanReader
{
    private const double TwoTo64 = 18446744073709551616.0;

    private MessagePackReader _reader = new(body);

    public static ReadOnlySpan<byte> Separator => default;

    public readonly int Start => (int)_reader.Consumed;

    public readonly int End => (int)_reader.Consumed;

    public readonly bool IsNull => Type == MessagePackType.Nil;

    private readonly MessagePackType Type => _reader.NextMessagePackType;

    public bool TryReadArray(out int left)
    {
        var isArray = Type == MessagePackType.Array;
        left = isArray ? _reader.ReadArrayHeader() : 0;
        return isArray;
    }

    /// <param name="left">Pairs.</param>
    public bool TryReadMap(out int left)
    {
        var isMap = Type == MessagePackType.Map;
        left = isMap ? _reader.ReadMapHeader() : 0;
        return isMap;
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
        var type = Type;
        bytes = type switch
        {
            MessagePackType.String or MessagePackType.Binary => _reader.ReadBytesOf(type == MessagePackType.String),
            _ => default,
        };
        return type is MessagePackType.String or MessagePackType.Binary
            || (type == MessagePackType.Nil && _reader.TryReadNil());
    }

    /// <summary>Some tracers write ids as negative numbers, and some numbers as floating ones.</summary>
    public bool TryReadInteger(out ulong number)
    {
        number = 0;
        switch (Type)
        {
            case MessagePackType.Nil:
                return _reader.TryReadNil();
            case MessagePackType.Boolean:
                number = _reader.ReadBoolean() ? 1UL : 0;
                return true;
            case MessagePackType.Integer:
                number = IsSigned(_reader.NextCode) ? (ulong)_reader.ReadInt64() : _reader.ReadUInt64();
                return true;
            case MessagePackType.Float:
                return TryReadWhole(out number);
            default:
                return false;
        }
    }

    /// <summary>Nil is none.</summary>
    public bool TryReadDouble(out double number)
    {
        var isNumber = Type is MessagePackType.Integer or MessagePackType.Float;
        number = isNumber ? _reader.ReadDouble() : 0;
        return isNumber;
    }

    public void Skip() => _reader.SkipValue();

    public readonly void Finish()
    {
        if (!_reader.End)
        {
            throw new MalformedException("The MessagePack body goes on behind its end.");
        }
    }

    private bool TryReadWhole(out ulong number)
    {
        var attempt = _reader;
        var value = attempt.ReadDouble();
        var isWhole = double.IsInteger(value) && value is >= long.MinValue and < TwoTo64;
        number = isWhole
            ? value < 0
                ? (ulong)(long)value
                : (ulong)value
            : 0;
        _reader = isWhole ? attempt : _reader;
        return isWhole;
    }

    public static bool IsSigned(byte code) =>
        code is >= MessagePackCode.MinNegativeFixInt or (>= MessagePackCode.Int8 and <= MessagePackCode.Int64);
}
