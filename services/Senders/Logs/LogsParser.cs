using System.Text.Json;
using Microsoft.Net.Http.Headers;
using Partner.Sending;

namespace Partner.Logs;

/// <summary>
/// <c>[{"message":"...","ddtags":"env:prod","timestamp":1700000000000}, ...]</c>, or one object without the brackets;
/// or text, a log per line or frame. JSON items go on byte for byte.
/// </summary>
internal static class LogsParser
{
    private const int MaxDepth = 512;

    private static readonly Refusal TooManyLogs = new(
        StatusCodes.Status413PayloadTooLarge, $"The request has more than {LogsSender.MaxRequestItems} logs.");

    private static readonly Refusal TooLarge = new(
        StatusCodes.Status413PayloadTooLarge, $"A log has more than {LogsSender.MaxLogBytes} bytes as JSON.");

    public static ParsedBody Parse(IntakeBody body)
    {
        if (body.Bytes.Length == 0)
        {
            return ParsedBody.Refused(StatusCodes.Status400BadRequest, "The body is empty.");
        }

        var kind = MediaTypeHeaderValue.TryParse(body.ContentType, out var type) ? type.MediaType.Value?.ToLowerInvariant() : null;
        return kind switch
        {
            "text/plain" => LogsText.ParseLines(body),
            "application/logplex-1" => LogsText.ParseLogplex(body),
            _ => ParseJson(body),
        };
    }

    internal static ParsedBody TooMany() => ParsedBody.Refused(TooManyLogs.Status, TooManyLogs.Detail);

    internal static ParsedBody? FindTooLarge(List<Item> items) => items.Exists(item => item.Length > LogsSender.MaxLogBytes)
        ? ParsedBody.Refused(TooLarge.Status, TooLarge.Detail)
        : null;

    private static ParsedBody ParseJson(IntakeBody body)
    {
        var (items, refusal) = JsonItems.Read(
            body.Bytes.Span, MaxDepth, (ref Utf8JsonReader reader, int? _, List<Item> items) => ReadLog(ref reader, items, body.Now));
        if (refusal is not null)
        {
            return ParsedBody.Refused(refusal.Status, refusal.Detail);
        }

        return LogsQuery.TryEncode(body.Query, out var query)
            ? new ParsedBody(body.Bytes, items, query)
            : ParsedBody.Refused(StatusCodes.Status400BadRequest, $"The query exceeds {LogsQuery.MaxLength} characters.");
    }

    private static Refusal? ReadLog(ref Utf8JsonReader reader, List<Item> items, DateTimeOffset now)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return new Refusal(StatusCodes.Status400BadRequest, "A log is a JSON object.");
        }

        if (items.Count == LogsSender.MaxRequestItems)
        {
            return TooManyLogs;
        }

        items.Add(ReadItem(ref reader, now));
        return items[^1].Length > LogsSender.MaxLogBytes ? TooLarge : null;
    }

    private static Item ReadItem(ref Utf8JsonReader reader, DateTimeOffset now)
    {
        var start = (int)reader.TokenStartIndex;
        var time = new LogTime();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var rank = LogTime.RankOf(ref reader);
            reader.Read();
            if (rank is { } found)
            {
                time.Read(ref reader, found, now);
            }

            reader.Skip();
        }

        return new Item(start, (int)reader.BytesConsumed - start, time.At);
    }
}
