using System.Text.Json;

namespace Partner.Metrics;

/// <summary>Reads one point, from its first token to its last.</summary>
internal delegate bool PointReader(ref Utf8JsonReader reader, out double seconds);

/// <summary>
/// The three ways to write a point: <c>[1575317847, 0.5]</c>, <c>{"timestamp":1575317847,"value":0.5}</c>,
/// <c>[1575317847, [1.0, 2.0]]</c>. JSON has no NaN, which <c>JSON.stringify</c> writes as null: v1 takes that in the place
/// of a value (its specification has it nullable), and no other form does. A number beyond a double's range is none.
/// </summary>
internal static class JsonPoints
{
    public static bool V1(ref Utf8JsonReader reader, out double seconds)
    {
        seconds = 0;
        return reader.TokenType == JsonTokenType.StartArray
            && reader.Read()
            && IsNumber(ref reader, out seconds)
            && reader.Read()
            && (reader.TokenType == JsonTokenType.Null || IsNumber(ref reader, out _))
            && reader.Read()
            && reader.TokenType == JsonTokenType.EndArray;
    }

    public static bool Distribution(ref Utf8JsonReader reader, out double seconds)
    {
        seconds = 0;
        if (
            reader.TokenType != JsonTokenType.StartArray
            || !reader.Read()
            || !IsNumber(ref reader, out seconds)
            || !reader.Read()
            || reader.TokenType != JsonTokenType.StartArray
        )
        {
            return false;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (!IsNumber(ref reader, out _))
            {
                return false;
            }
        }

        return reader.Read() && reader.TokenType == JsonTokenType.EndArray;
    }

    public static bool V2(ref Utf8JsonReader reader, out double seconds)
    {
        seconds = 0;
        var (hasTime, hasValue) = (false, false);
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var (isTime, isValue) = (JsonStrings.Is(ref reader, "timestamp"u8), JsonStrings.Is(ref reader, "value"u8));
            reader.Read();
            if ((isTime || isValue) && !IsNumber(ref reader, out _))
            {
                return false;
            }

            seconds = isTime ? reader.GetDouble() : seconds;
            (hasTime, hasValue) = (hasTime || isTime, hasValue || isValue);
            reader.Skip();
        }

        return hasTime && hasValue;
    }

    /// <summary>Points of an item that was read before: a series, or several with commas between them.</summary>
    public static int Count(ReadOnlySpan<byte> item)
    {
        var count = 0;
        while (item.Length > 0)
        {
            count += CountOne(item, out var length);
            item = item[length..].TrimStart(", \t\r\n"u8);
        }

        return count;
    }

    private static int CountOne(ReadOnlySpan<byte> series, out int length)
    {
        var reader = new Utf8JsonReader(series);
        var count = 0;
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var isPoints = JsonStrings.Is(ref reader, "points"u8);
            reader.Read();
            while (isPoints && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                count++;
                reader.Skip();
            }

            reader.Skip();
        }

        length = (int)reader.BytesConsumed;
        return count;
    }

    private static bool IsNumber(ref Utf8JsonReader reader, out double number)
    {
        number = 0;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out number) && double.IsFinite(number);
    }
}
