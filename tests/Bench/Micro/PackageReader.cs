using System.Text;
using MessagePack;
using Partner.Traces.Wire;

namespace Partner.Bench.Micro;

/// <summary>The MessagePack package's reader, for <see cref="SpansBench"/> to measure beside our own.</summary>
internal ref struct PackageReader(ReadOnlyMemory<byte> body) : ISpanReader
{
    private MessagePack.MessagePackReader _reader = new(body);

    public static bool HasBytes => true;

    public static ReadOnlySpan<byte> Separator => default;

    public readonly int Start => (int)_reader.Consumed;

    public readonly int End => (int)_reader.Consumed;

    public readonly bool IsNull => _reader.NextMessagePackType == MessagePackType.Nil;

    public bool TryReadArray(out int left)
    {
        var isArray = _reader.NextMessagePackType == MessagePackType.Array;
        left = isArray ? _reader.ReadArrayHeader() : 0;
        return isArray;
    }

    public bool TryReadMap(out int left)
    {
        var isMap = _reader.NextMessagePackType == MessagePackType.Map;
        left = isMap ? _reader.ReadMapHeader() : 0;
        return isMap;
    }

    public readonly bool Next(ref int left) => left-- > 0;

    public string ReadKey() => _reader.ReadString()!;

    public bool TryReadText(out string text)
    {
        var isText = TryReadBytes(out var bytes);
        text = Encoding.UTF8.GetString(bytes);
        return isText;
    }

    public bool TryReadInteger(out ulong number)
    {
        var isNumber = _reader.NextMessagePackType == MessagePackType.Integer;
        number = !isNumber ? 0
            : _reader.NextCode is >= MessagePackCode.MinNegativeFixInt or (>= MessagePackCode.Int8 and <= MessagePackCode.Int64) ? (ulong)_reader.ReadInt64()
            : _reader.ReadUInt64();
        return isNumber;
    }

    public bool TryReadDouble(out double number)
    {
        var isNumber = _reader.NextMessagePackType is MessagePackType.Integer or MessagePackType.Float;
        number = isNumber ? _reader.ReadDouble() : 0;
        return isNumber;
    }

    public bool TryReadBytes(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        switch (_reader.NextMessagePackType)
        {
            case MessagePackType.String:
                bytes = _reader.ReadStringSequence()!.Value.FirstSpan;
                return true;
            case MessagePackType.Binary:
                bytes = _reader.ReadBytes()!.Value.FirstSpan;
                return true;
            case MessagePackType.Nil:
                return _reader.TryReadNil();
            default:
                return false;
        }
    }

    public void Skip() => _reader.Skip();

    public readonly void Finish()
    {
    }
}
