using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Partner.Sending.Otlp;

/// <summary>
/// An attribute's value: a number, bytes, or text, which anything else becomes (lists and maps as JSON).
/// </summary>
public readonly record struct OtlpValue(string? Text, double Number = 0, byte[]? Bytes = null)
{
    private const int MaxDepth = 32;

    public static OtlpValue ReadAttribute(ReadOnlySpan<byte> keyValue, out string key)
    {
        key = KeyOf(keyValue, out var value);
        return Read(value);
    }

    /// <summary>The name of an attribute, and its value's bytes.</summary>
    public static string KeyOf(ReadOnlySpan<byte> keyValue, out ReadOnlySpan<byte> value)
    {
        var key = "";
        var reader = new ProtobufReader(keyValue);
        value = [];
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case OtlpFields.KeyValue.Key:
                    key = reader.ReadString();
                    break;
                case OtlpFields.KeyValue.Value:
                    value = reader.ReadBytes();
                    break;
            }
        }

        return key;
    }

    /// <summary>A value as text: as a tag has it, or a message.</summary>
    public static string TextOf(ReadOnlySpan<byte> any)
    {
        var text = "";
        var reader = new ProtobufReader(any);
        while (reader.Next())
        {
            text = reader.Field switch
            {
                OtlpFields.Any.Text => reader.ReadString(),
                OtlpFields.Any.Bool => reader.ReadVarint() != 0 ? "true" : "false",
                // Not by way of a double, which has no room for 64 bits.
                OtlpFields.Any.Int => ((long)reader.ReadVarint()).ToString(CultureInfo.InvariantCulture),
                OtlpFields.Any.Double => BitConverter
                    .UInt64BitsToDouble(reader.ReadFixed64())
                    .ToString(CultureInfo.InvariantCulture),
                OtlpFields.Any.Array or OtlpFields.Any.Map => ToJson(any),
                OtlpFields.Any.Bytes => Convert.ToBase64String(reader.ReadBytes()),
                _ => text,
            };
        }

        return text;
    }

    /// <summary>The entries of a map; false: it is no map.</summary>
    public static bool IsMap(ReadOnlySpan<byte> any, out ReadOnlySpan<byte> entries)
    {
        var reader = new ProtobufReader(any);
        entries = reader.Next() && reader.Field == OtlpFields.Any.Map ? reader.ReadBytes() : default;
        return reader.Field == OtlpFields.Any.Map;
    }

    /// <summary>A value in JSON.</summary>
    public static void WriteValue(Utf8JsonWriter json, ReadOnlySpan<byte> any) => Write(json, any, 0);

    /// <summary>An attribute as a member of the object that <paramref name="json"/> is in.</summary>
    public static void WriteMember(Utf8JsonWriter json, ReadOnlySpan<byte> keyValue, int depth = 0)
    {
        json.WritePropertyName(KeyOf(keyValue, out var value));
        Write(json, value, depth);
    }

    private static OtlpValue Read(ReadOnlySpan<byte> any)
    {
        var value = new OtlpValue("");
        var reader = new ProtobufReader(any);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case OtlpFields.Any.Text:
                    value = new OtlpValue(reader.ReadString());
                    break;
                case OtlpFields.Any.Bool:
                    value = new OtlpValue(reader.ReadVarint() != 0 ? "true" : "false");
                    break;
                case OtlpFields.Any.Int:
                    value = new OtlpValue(null, (long)reader.ReadVarint());
                    break;
                case OtlpFields.Any.Double:
                    value = new OtlpValue(null, BitConverter.UInt64BitsToDouble(reader.ReadFixed64()));
                    break;
                case OtlpFields.Any.Array or OtlpFields.Any.Map:
                    value = new OtlpValue(ToJson(any));
                    break;
                case OtlpFields.Any.Bytes:
                    value = new OtlpValue(null, 0, reader.ReadBytes().ToArray());
                    break;
            }
        }

        return value;
    }

    private static string ToJson(ReadOnlySpan<byte> any)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json, any, 0);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> any, int depth)
    {
        var reader = new ProtobufReader(any);
        if (depth > MaxDepth || !reader.Next())
        {
            json.WriteNullValue();
            return;
        }

        switch (reader.Field)
        {
            case OtlpFields.Any.Text:
                json.WriteStringValue(reader.ReadString());
                break;
            case OtlpFields.Any.Bool:
                json.WriteBooleanValue(reader.ReadVarint() != 0);
                break;
            case OtlpFields.Any.Int:
                json.WriteNumberValue((long)reader.ReadVarint());
                break;
            case OtlpFields.Any.Double:
                JsonNumber.Write(json, BitConverter.UInt64BitsToDouble(reader.ReadFixed64()));
                break;
            case OtlpFields.Any.Array:
                json.WriteStartArray();
                WriteAll(json, reader.ReadBytes(), isMap: false, depth + 1);
                json.WriteEndArray();
                break;
            case OtlpFields.Any.Map:
                json.WriteStartObject();
                WriteAll(json, reader.ReadBytes(), isMap: true, depth + 1);
                json.WriteEndObject();
                break;
            case OtlpFields.Any.Bytes:
                json.WriteBase64StringValue(reader.ReadBytes());
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }

    private static void WriteAll(Utf8JsonWriter json, ReadOnlySpan<byte> list, bool isMap, int depth)
    {
        var reader = new ProtobufReader(list);
        while (reader.Next())
        {
            var isValue = reader.Field == OtlpFields.Any.Values;
            if (isValue && isMap)
            {
                WriteMember(json, reader.ReadBytes(), depth);
            }
            else if (isValue)
            {
                Write(json, reader.ReadBytes(), depth);
            }
        }
    }
}

/// <summary>Numbers that JSON does not have become text.</summary>
public static class JsonNumber
{
    public static void Write(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
        }
    }
}
