using System.Globalization;
using System.Text.Json;

namespace Partner.Sending.Otlp;

/// <summary>A request that came as JSON.</summary>
/// <param name="Message">In protobuf.</param>
/// <param name="LeftOut">Values that are not of their field's type.</param>
/// <param name="Odd">Where in the body items stand that are none; see <see cref="RequestSchema.KeepsOddItems"/>.</param>
public readonly record struct OtlpFromJson(ReadOnlyMemory<byte> Message, int LeftOut, IReadOnlyList<Range> Odd);

/// <summary>
/// OTLP/JSON to OTLP protobuf, by the schema: ids are hex, 64-bit numbers text or numbers, unknown members are
/// ignored (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). A value that is not of its field's type
/// is left out and counted; what an item is without it, the check of its signal judges.
/// </summary>
public ref struct ProtobufJson
{
    private const int MaxDepth = 128;

    private readonly RequestSchema _request;
    private readonly ProtoWriter _writer;
    private readonly int[] _counts;
    private readonly List<Range> _odd = [];
    private Utf8JsonReader _reader;
    private int _leftOut;

    private ProtobufJson(ReadOnlySpan<byte> body, RequestSchema request, MemoryCharge memory)
    {
        _reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        _writer = new ProtoWriter(4_096, memory);
        (_request, _counts) = (request, request.NewCounts());
    }

    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="MalformedException">It is not OTLP, or is more than is taken.</exception>
    public static OtlpFromJson Read(ReadOnlySpan<byte> body, RequestSchema request, MemoryCharge memory)
    {
        var json = new ProtobufJson(body, request, memory);
        json.ReadRequest();
        return new(json._writer.Written, json._leftOut, json._odd);
    }

    private void ReadRequest()
    {
        if (!_reader.Read() || _reader.TokenType != JsonTokenType.StartObject)
        {
            throw new MalformedException("An OTLP request is a JSON object.");
        }

        WriteMembers(_request.Request);
        // Anything behind the end is an error, and this is what finds it.
        while (_reader.Read()) { }
    }

    private void WriteMembers(MessageSchema message)
    {
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var field = message.Find(JsonStrings.Read(ref _reader));
            _reader.Read();
            if (field is null)
            {
                _reader.Skip();
            }
            else if (_reader.TokenType == JsonTokenType.StartArray)
            {
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
                {
                    WriteField(field);
                }
            }
            else
            {
                WriteField(field);
            }
        }
    }

    private void WriteField(FieldSchema field)
    {
        var isNull = _reader.TokenType == JsonTokenType.Null;
        if (field.Kind == FieldKind.Message)
        {
            WriteMessage(field, isNull);
        }
        else if (!isNull && !TryWriteValue(field))
        {
            _reader.Skip();
            _leftOut++;
        }
    }

    private void WriteMessage(FieldSchema field, bool isNull)
    {
        var message = field.Message!();
        var isItem = _request.Count(message, _counts);
        var isObject = _reader.TokenType == JsonTokenType.StartObject;
        // Null is no attribute, but an item that is null, or no object, was to be one: it stays, without its fields.
        if (isObject || (isItem && _request.KeepsOddItems))
        {
            var start = _writer.Begin(field.Number);
            if (isObject)
            {
                WriteMembers(message);
            }

            _writer.End(start);
        }

        if (!isObject)
        {
            var begin = (int)_reader.TokenStartIndex;
            _reader.Skip();
            _leftOut += isNull || isItem ? 0 : 1;
            if (isItem && !_request.KeepsOddItems)
            {
                _odd.Add(begin..(int)_reader.BytesConsumed);
            }
        }
    }

    private bool TryWriteValue(FieldSchema field)
    {
        var isText = _reader.TokenType == JsonTokenType.String;
        switch (field.Kind)
        {
            case FieldKind.Text when isText:
                _writer.String(field.Number, JsonStrings.Read(ref _reader));
                return true;
            case FieldKind.Hex when isText:
                return TryWriteHex(field);
            case FieldKind.Base64 when isText:
                return TryWriteBase64(field);
            case FieldKind.Bool when _reader.TokenType is JsonTokenType.True or JsonTokenType.False:
                _writer.Varint(field.Number, _reader.TokenType == JsonTokenType.True ? 1UL : 0);
                return true;
            case FieldKind.Double:
                return TryWriteDouble(field.Number);
            case FieldKind.Number
            or FieldKind.Signed
            or FieldKind.Unsigned
            or FieldKind.ZigZag
            or FieldKind.Fixed64
            or FieldKind.SignedFixed64
            or FieldKind.Fixed32:
                return (isText || _reader.TokenType == JsonTokenType.Number) && TryWriteWhole(field);
            default:
                return false;
        }
    }

    private bool TryWriteWhole(FieldSchema field)
    {
        var text = JsonScalar.BytesOf(ref _reader);
        switch (field.Kind)
        {
            case FieldKind.Signed when WholeNumber.TryReadSigned(text, out var signed):
                _writer.Varint(field.Number, (ulong)signed);
                return true;
            case FieldKind.Signed:
                // A number beyond 64 bits, or a fraction, is still a number, as in OpenTelemetry's own exporters.
                return TryWriteDouble(OtlpFields.Any.Double);
            case FieldKind.Unsigned when WholeNumber.TryRead(text, out var count) && text[0] != '-':
                _writer.Varint(field.Number, count);
                return true;
            case FieldKind.ZigZag when WholeNumber.TryReadSigned(text, out var scale) && scale == (int)scale:
                _writer.Varint(field.Number, (uint)((int)scale << 1) ^ (uint)((int)scale >> 31));
                return true;
            case FieldKind.SignedFixed64 when WholeNumber.TryReadSigned(text, out var whole):
                _writer.Fixed64(field.Number, (ulong)whole);
                return true;
            case FieldKind.Fixed64 when WholeNumber.TryRead(text, out var time) && text[0] != '-':
                _writer.Fixed64(field.Number, time);
                return true;
            case FieldKind.Fixed32 when WholeNumber.TryRead(text, out var flags) && flags <= uint.MaxValue:
                _writer.Fixed32(field.Number, (uint)flags);
                return true;
            case FieldKind.Number when WholeNumber.TryRead(text, out var number) && number <= uint.MaxValue:
                _writer.Varint(field.Number, number);
                return true;
            case FieldKind.Number when Array.IndexOf(field.Names, JsonStrings.Read(ref _reader)) is >= 0 and var named:
                _writer.Varint(field.Number, (ulong)named);
                return true;
            default:
                return false;
        }
    }

    private bool TryWriteDouble(int field)
    {
        var value = 0.0;
        var isNumber = _reader.TokenType switch
        {
            JsonTokenType.Number => _reader.TryGetDouble(out value),
            // NaN and the infinities among them.
            JsonTokenType.String => double.TryParse(
                JsonScalar.BytesOf(ref _reader),
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out value
            ),
            _ => false,
        };
        if (isNumber)
        {
            _writer.Double(field, value);
        }

        return isNumber;
    }

    private bool TryWriteHex(FieldSchema field)
    {
        Span<byte> id = stackalloc byte[16];
        var text = JsonScalar.BytesOf(ref _reader);
        if (text.Length % 2 != 0 || text.Length > 2 * id.Length)
        {
            return false;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsAsciiHexDigit((char)text[i]))
            {
                return false;
            }

            var digit = (text[i] & 0xF) + (text[i] > '9' ? 9 : 0);
            id[i / 2] = (byte)((id[i / 2] << 4) | digit);
        }

        _writer.Bytes(field.Number, id[..(text.Length / 2)]);
        return true;
    }

    // Of either alphabet, filled up or not, as protobuf's JSON has it.
    private bool TryWriteBase64(FieldSchema field)
    {
        var text = JsonStrings.Read(ref _reader).TrimEnd('=').Replace('-', '+').Replace('_', '/');
        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), bytes, out var written))
        {
            return false;
        }

        _writer.Bytes(field.Number, bytes.AsSpan(0, written));
        return true;
    }
}
