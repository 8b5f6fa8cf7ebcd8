using System.Text;
using System.Text.Json;

namespace Partner.Testing.Fuzzing;

/// <summary>Where values and names stand in JSON.</summary>
internal static class JsonValues
{
    /// <summary>What stands for any value; names that more than one type knows are among them.</summary>
    public static readonly IReadOnlyList<byte[]> Odd =
    [
        .. new[]
        {
            "null",
            "true",
            "false",
            "0",
            "-0",
            "-1",
            "1e400",
            "-1e400",
            "1e-400",
            "1.5",
            "1e3",
            "7.0",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775809",
            "18446744073709551615",
            "99999999999999999999999999",
            "1764500000",
            "1764500000000",
            "253402300800",
            "-62135596801",
            "NaN",
            "Infinity",
            "01",
            "+1",
            ".5",
            "\"\"",
            "\" \"",
            "\"\\u0000\"",
            "\"\\ud83d\"",
            "\"\\ude00x\"",
            "\"\\ud83d\\ude00\"",
            "\"1\"",
            "\"NaN\"",
            "\"2026-11-30T12:00:00Z\"",
            "\"2026-13-45\"",
            "\"0001-01-01T00:00:00Z\"",
            "\"9999-12-31T23:59:59Z\"",
            "\"\\q\"",
            "\"a\tb\"",
            "[]",
            "[[]]",
            "[null]",
            "[1,2]",
            "[[1,null]]",
            "[\"a:b\",null,7]",
            "{}",
            "{\"\":null}",
            "{\"a\":1,\"a\":2}",
            "{\"a\":{\"b\":[{}]}}",
            "\"message\"",
            "\"timestamp\"",
            "\"tags\"",
            "\"points\"",
            "\"metric\"",
            "\"check\"",
            "\"status\"",
            "\"title\"",
            "\"data\"",
            "\"attributes\"",
            "\"trace_id\"",
            "\"spans\"",
            "\"resourceSpans\"",
            "\"intValue\"",
            "\"date\"",
            "\"host\"",
            "\"\\ud83d\":1,\"x\"",
            "//x\n1",
            "/*x*/1",
            ",",
            "",
            "\u00ef\u00bb\u00bf",
        }.Select(Encoding.UTF8.GetBytes),
        [.. "\""u8, 0xFF, .. "\""u8],
        [.. "\""u8, 0xED, 0xA0, 0xBD, .. "\""u8],
        [0xEF, 0xBB, 0xBF],
        Encoding.UTF8.GetBytes(new string('[', 70) + new string(']', 70)),
        Encoding.UTF8.GetBytes(new string('[', 2_000)),
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 100)) + "1" + new string('}', 100)),
        Encoding.UTF8.GetBytes($"\"{new string('x', 5_000)}\""),
        Encoding.UTF8.GetBytes(new string('9', 500)),
    ];

    /// <summary>As far as it can be read.</summary>
    public static IReadOnlyList<Range> Of(byte[] body)
    {
        var (values, open) = (new List<Range>(), new Stack<int>());
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 200 });
        try
        {
            while (reader.Read())
            {
                var start = (int)reader.TokenStartIndex;
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartArray or JsonTokenType.StartObject:
                        open.Push(start);
                        break;
                    case JsonTokenType.EndArray or JsonTokenType.EndObject:
                        values.Add(open.Pop()..(start + 1));
                        break;
                    case JsonTokenType.PropertyName:
                        // Without its colon.
                        values.Add(start..(start + reader.ValueSpan.Length + 2));
                        break;
                    default:
                        values.Add(start..(int)reader.BytesConsumed);
                        break;
                }
            }
        }
        catch (JsonException) { }

        return values;
    }
}
