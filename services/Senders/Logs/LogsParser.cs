using System.Globalization;
using System.Text.Json;
using Partner.Logs.Otlp;

namespace Partner.Logs;

/// <summary>
/// <c>[{"message":"...","ddtags":"env:prod","timestamp":1700000000000}, ...]</c>, or one object without the brackets;
/// or one object per line; or text, a log per line or frame; or OTLP, by Datadog's mapping. JSON items go on byte for byte.
/// </summary>
internal static class LogsParser
{
    private const int MaxDepth = 512;

    private static readonly string TooLarge = $"A log has more than {LogsSender.MaxLogBytes} bytes as JSON.";

    private static ParsedBody QueryTooLong =>
        ParsedBody.Refused(StatusCodes.Status400BadRequest, $"The query exceeds {LogsQuery.MaxLength} characters.");

    public static ParsedBody Parse(IntakeBody body)
    {
        if (body.Path.Path == LogsSender.OtlpPath)
        {
            return OtlpBody.Parse(
                body,
                kind =>
                    LogsQuery.TryEncode(body.Query, out var query) ? OtlpLogs.Parse(body, kind, query) : QueryTooLong
            );
        }

        if (body.Bytes.Length == 0)
        {
            return ParsedBody.Refused(StatusCodes.Status400BadRequest, "The body is empty.");
        }

        if (body.Path.Path == LogsSender.BrowserPath)
        {
            // The SDK sends lines of JSON without saying so: as text a page needs to ask nobody before (CORS).
            return ParseJson(body, areLines: body.MediaType != "application/json");
        }

        return body.MediaType switch
        {
            "text/plain" => LogsText.ParseLines(body),
            "application/logplex-1" => LogsText.ParseLogplex(body),
            // libcurl says so of whatever nobody said anything of: syslog-ng's lines, curl's JSON.
            "application/x-www-form-urlencoded" when !BeginsAsJson(body.Bytes.Span) => LogsText.ParseLines(body),
            var kind => ParseJson(body, JsonLines.Is(kind)),
        };
    }

    private static bool BeginsAsJson(ReadOnlySpan<byte> body) =>
        body.TrimStart(" \t\r\n"u8) is [(byte)'[' or (byte)'{' or (byte)'"', ..];

    /// <summary>A log that is one, but for its size.</summary>
    internal static void Add(ItemList items, ReadOnlySpan<byte> bytes, Item log)
    {
        if (log.Length > LogsSender.MaxLogBytes)
        {
            items.Bury(
                DeadLetterReason.TooLarge,
                TooLarge,
                bytes.Slice(log.Offset, log.Length),
                log.At,
                StatusCodes.Status413PayloadTooLarge
            );
        }
        else
        {
            items.Add(log);
        }
    }

    private static ParsedBody ParseJson(IntakeBody body, bool areLines)
    {
        if (!LogsQuery.TryEncode(body.Query, out var query))
        {
            return QueryTooLong;
        }

        var items = areLines
            ? JsonLines.Read(body, MaxDepth)
            : JsonItems.Read(
                body,
                MaxDepth,
                (ref Utf8JsonReader reader, int? _, ItemList items) => ReadLog(ref reader, items, body, 0)
            );
        return items.Finish(body.Bytes, query);
    }

    /// <param name="offset">Where in the body the reader's bytes begin.</param>
    internal static void ReadLog(ref Utf8JsonReader reader, ItemList items, IntakeBody body, int offset)
    {
        var start = offset + (int)reader.TokenStartIndex;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            items.Bury(
                DeadLetterReason.Malformed,
                "A log is a JSON object.",
                body.Bytes.Span[start..(offset + (int)reader.BytesConsumed)],
                0,
                StatusCodes.Status400BadRequest
            );
            return;
        }

        var time = LogTime.Of(ref reader, body.Now);
        if (time.IsSeconds)
        {
            items.Bury(
                DeadLetterReason.Expired,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Older than Datadog takes: it reads the number {time.At} as milliseconds, which is {ItemTime.Describe(time.At)}."
                ),
                body.Bytes.Span[start..(offset + (int)reader.BytesConsumed)],
                time.At
            );
            return;
        }

        Add(items, body.Bytes.Span, new Item(start, offset + (int)reader.BytesConsumed - start, time.At));
    }
}
