using System.Globalization;
using System.Text.Json;
using Partner.Traces.Wire;

namespace Partner.Traces.Otlp;

/// <summary>
/// OTLP/JSON to OTLP protobuf, by the schema: ids are hex, 64-bit numbers text or numbers, unknown members are
/// ignored (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
/// </summary>
internal static class OtlpJson
{
    private const int MaxDepth = 128;

    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="MalformedException">It is not OTLP.</exception>
    public static ReadOnlyMemory<byte> ToProtobuf(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        var writer = new ProtoWriter();
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new MalformedException("An OTLP request is a JSON object.");
        }

        WriteObject(ref reader, writer, OtlpSchema.Request);
        // Anything behind the end is an error, and this is what finds it.
        while (reader.Read())
        {
        }

        return writer.Written;
    }

    private static void WriteObject(ref Utf8JsonReader reader, ProtoWriter writer, IReadOnlyDictionary<string, FieldSchema> message)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var field = message.GetValueOrDefault(TextOf(ref reader));
            reader.Read();
            if (field is null)
            {
                reader.Skip();
            }
            else if (reader.TokenType == JsonTokenType.StartArray)
            {
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    WriteValue(ref reader, writer, field);
                }
            }
            else
            {
                WriteValue(ref reader, writer, field);
            }
        }
    }

    private static void WriteValue(ref Utf8JsonReader reader, ProtoWriter writer, FieldSchema field)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (field.Kind == FieldKind.Message)
        {
            Expect(ref reader, JsonTokenType.StartObject);
            var start = writer.Begin(field.Number);
            WriteObject(ref reader, writer, field.Message!());
            writer.End(start);
            return;
        }

        switch (field.Kind)
        {
            case FieldKind.Text:
                Expect(ref reader, JsonTokenType.String);
                writer.String(field.Number, TextOf(ref reader));
                break;
            case FieldKind.Hex:
                Expect(ref reader, JsonTokenType.String);
                writer.Bytes(field.Number, Decode(TextOf(ref reader), Convert.FromHexString));
                break;
            case FieldKind.Base64:
                Expect(ref reader, JsonTokenType.String);
                writer.Bytes(field.Number, Decode(TextOf(ref reader), Convert.FromBase64String));
                break;
            case FieldKind.Bool:
                writer.Varint(field.Number, reader.TokenType switch
                {
                    JsonTokenType.True => 1UL,
                    JsonTokenType.False => 0UL,
                    _ => throw Odd(),
                });
                break;
            case FieldKind.Double:
                writer.Double(field.Number, Double(ref reader));
                break;
            case FieldKind.Fixed64:
                writer.Fixed64(field.Number, Whole(ref reader));
                break;
            case FieldKind.Fixed32:
                writer.Fixed32(field.Number, (uint)Whole(ref reader));
                break;
            default:
                writer.Varint(field.Number, Whole(ref reader));
                break;
        }
    }

    private static ulong Whole(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            return reader.TryGetUInt64(out var number) ? number : reader.TryGetInt64(out var negative) ? (ulong)negative : throw Odd();
        }

        Expect(ref reader, JsonTokenType.String);
        var text = TextOf(ref reader);
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var less) ? (ulong)less : throw Odd();
    }

    private static double Double(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            return reader.GetDouble();
        }

        Expect(ref reader, JsonTokenType.String);
        return double.TryParse(TextOf(ref reader), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : throw Odd();
    }

    private static byte[] Decode(string text, Func<string, byte[]> decode)
    {
        try
        {
            return decode(text);
        }
        catch (FormatException)
        {
            throw new MalformedException("An id is not hex, or bytes are not base64.");
        }
    }

    private static string TextOf(ref Utf8JsonReader reader) => JsonText.Read(ref reader);

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (reader.TokenType != type)
        {
            throw Odd();
        }
    }

    private static MalformedException Odd() => new("The JSON is not OTLP: a value is not of its field's type.");
}
