using System.Text.Json;

namespace Partner.Logs;

/// <summary>A log per line, each a JSON object: https://github.com/ndjson/ndjson-spec. A bad line takes no other with it.</summary>
internal static class JsonLines
{
    public static bool Is(string? mediaType) =>
        mediaType is "application/x-ndjson" or "application/ndjson" or "application/jsonl" or "application/x-jsonlines";

    public static ItemList Read(IntakeBody body, int maxDepth)
    {
        var items = new ItemList(body, ","u8.ToArray());
        var bytes = body.Bytes.Span;
        var options = new JsonReaderOptions { MaxDepth = maxDepth };
        for (var start = 0; start < bytes.Length && items.Refusal is null; )
        {
            var length = bytes[start..].IndexOf((byte)'\n');
            var end = length < 0 ? bytes.Length : start + length;
            var line = bytes[start..end];
            if (line.ContainsAnyExcept(" \t\r"u8))
            {
                if (IsJson(line, options))
                {
                    var reader = new Utf8JsonReader(line, options);
                    reader.Read();
                    LogsParser.ReadLog(ref reader, items, body, start);
                }
                else
                {
                    items.Bury(
                        DeadLetterReason.Malformed,
                        "A line is not valid JSON.",
                        line,
                        0,
                        StatusCodes.Status400BadRequest
                    );
                }
            }

            start = end + 1;
        }

        return items;
    }

    // Looked at to its end before anything is taken of it.
    private static bool IsJson(ReadOnlySpan<byte> line, JsonReaderOptions options)
    {
        try
        {
            var reader = new Utf8JsonReader(line, options);
            while (reader.Read()) { }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
