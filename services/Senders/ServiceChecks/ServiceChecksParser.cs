using System.Text.Json;

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

        return JsonItems
            .Read(
                body,
                MaxDepth,
                (ref Utf8JsonReader reader, int? index, ItemList items) => ReadCheck(ref reader, index, items, body)
            )
            .Finish(body.Bytes, "");
    }

    private static void ReadCheck(ref Utf8JsonReader reader, int? index, ItemList items, IntakeBody body)
    {
        var start = (int)reader.TokenStartIndex;
        var mistake = Read(ref reader, body.Now, out var at);
        var length = (int)reader.BytesConsumed - start;
        if (mistake is null)
        {
            items.Add(new Item(start, length, at));
        }
        else
        {
            items.Bury(
                DeadLetterReason.Malformed,
                index is null ? mistake : $"[{index}]: {mistake}",
                body.Bytes.Span.Slice(start, length),
                at,
                StatusCodes.Status400BadRequest
            );
        }
    }

    private static string? Read(ref Utf8JsonReader reader, DateTimeOffset now, out long at)
    {
        at = 0;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return "A service check is a JSON object.";
        }

        // Without tags (dogapi, Agent 5) it has none.
        var (check, host, status, tags, timestamp) = (false, false, false, true, true);
        // One without a time is stamped when it arrives, and must not arrive hours later as if it were new.
        at = now.ToUnixTimeMilliseconds();
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
                    status = IsStatus(ref reader);
                    break;
                case Name.Tags:
                    tags = reader.TokenType is JsonTokenType.StartArray or JsonTokenType.Null;
                    break;
                // time.time() of Python has a fraction.
                case Name.Timestamp
                    when reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var seconds):
                    // 0 means no time to an item.
                    at = ItemTime.FromSeconds(seconds) is var time and not 0 ? time : 1;
                    break;
                case Name.Timestamp:
                    timestamp = reader.TokenType == JsonTokenType.Null;
                    break;
            }

            reader.Skip();
        }

        return !check ? "check is required."
            : !host ? "host_name is required."
            : !status ? "status is required, one of 0, 1, 2, 3."
            : !tags ? "tags is not an array."
            : !timestamp ? "timestamp is not a number of seconds."
            : null;
    }

    // 0, 0.0 and 0e0 are one number.
    private static bool IsStatus(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number
        && reader.TryGetDouble(out var number)
        && number is >= 0 and <= MaxStatus
        && double.IsInteger(number);

    private static bool IsText(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length > 0;

    private static Name NameOf(ref Utf8JsonReader reader) =>
        JsonStrings.Is(ref reader, "check"u8) ? Name.Check
        : JsonStrings.Is(ref reader, "host_name"u8) ? Name.Host
        : JsonStrings.Is(ref reader, "status"u8) ? Name.Status
        : JsonStrings.Is(ref reader, "tags"u8) ? Name.Tags
        : JsonStrings.Is(ref reader, "timestamp"u8) ? Name.Timestamp
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
