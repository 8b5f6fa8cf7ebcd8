using System.Text.Json;
using Partner.Sending;

namespace Partner.ServiceChecks;

/// <summary>
/// <c>[{"check":"app.ok","host_name":"app1","status":0,"tags":["env:prod"],"timestamp":1575317847}, ...]</c>, or one
/// object without the brackets. Checks go on byte for byte.
/// </summary>
internal static class ServiceChecksParser
{
    private const int MaxDepth = 64;
    private const int MaxStatus = 3;

    public static ParsedBody Parse(IntakeBody body)
    {
        if (body.Bytes.Length == 0)
        {
            return ParsedBody.Refused(StatusCodes.Status400BadRequest, "The body is empty.");
        }

        var (items, refusal) = JsonItems.Read(
            body.Bytes.Span, MaxDepth,
            (ref Utf8JsonReader reader, int? index, List<Item> items) => ReadCheck(ref reader, index, items, body.Now));
        return refusal is null ? new ParsedBody(body.Bytes, items, "") : ParsedBody.Refused(refusal.Status, refusal.Detail);
    }

    private static Refusal? ReadCheck(ref Utf8JsonReader reader, int? index, List<Item> items, DateTimeOffset now)
    {
        if (items.Count == ServiceChecksSender.MaxRequestItems)
        {
            return new Refusal(
                StatusCodes.Status413PayloadTooLarge, $"The request has more than {ServiceChecksSender.MaxRequestItems} checks.");
        }

        return Read(ref reader, now, items) is { } mistake
            ? new Refusal(StatusCodes.Status400BadRequest, index is null ? mistake : $"[{index}]: {mistake}")
            : null;
    }

    private static string? Read(ref Utf8JsonReader reader, DateTimeOffset now, List<Item> items)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return "A service check is a JSON object.";
        }

        var start = (int)reader.TokenStartIndex;
        var (check, host, status, tags) = (false, false, false, false);
        // One without a time is stamped when it arrives, and must not arrive hours later as if it were new.
        var at = now.ToUnixTimeMilliseconds();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = NameOf(ref reader);
            reader.Read();
            switch (name)
            {
                case Name.Check:
                    check = IsText(ref reader);
                    break;
                case Name.Host:
                    host = IsText(ref reader);
                    break;
                case Name.Status:
                    status = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) && number is >= 0 and <= MaxStatus;
                    break;
                case Name.Tags:
                    tags = reader.TokenType == JsonTokenType.StartArray;
                    break;
                case Name.Timestamp when reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var seconds):
                    at = Milliseconds(seconds);
                    break;
                case Name.Timestamp when reader.TokenType != JsonTokenType.Null:
                    return "timestamp is not a number of seconds.";
            }

            reader.Skip();
        }

        var mistake = (check, host, status, tags) switch
        {
            (false, _, _, _) => "check is required.",
            (_, false, _, _) => "host_name is required.",
            (_, _, false, _) => "status is required, one of 0, 1, 2, 3.",
            (_, _, _, false) => "tags is required, an array.",
            _ => null,
        };
        if (mistake is null)
        {
            items.Add(new Item(start, (int)reader.BytesConsumed - start, at));
        }

        return mistake;
    }

    // 0 means no time to an item; and a date has to come out, whatever was sent.
    private static long Milliseconds(long seconds) => Math.Clamp(seconds, 1, DateTimeOffset.MaxValue.ToUnixTimeSeconds()) * 1_000;

    private static bool IsText(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length > 0;

    private static Name NameOf(ref Utf8JsonReader reader) =>
        JsonText.Is(ref reader, "check"u8) ? Name.Check
        : JsonText.Is(ref reader, "host_name"u8) ? Name.Host
        : JsonText.Is(ref reader, "status"u8) ? Name.Status
        : JsonText.Is(ref reader, "tags"u8) ? Name.Tags
        : JsonText.Is(ref reader, "timestamp"u8) ? Name.Timestamp
        : Name.Other;

    private enum Name
    {
        Other,
        Check,
        Host,
        Status,
        Tags,
        Timestamp,
    }
}
