using System.Text.Json;

namespace Partner.Events;

/// <summary>
/// <c>{"title":"...","text":"...","date_happened":1700000000,"tags":["a:b"], ...}</c>; it goes on byte for byte.
/// </summary>
internal static class EventsParser
{
    private const int MaxDepth = 64;

    // Seconds; a later time would not fit into milliseconds.
    private const double LatestSecond = 1e15;

    /// <summary>Datadog's answer (recorded, datadog-facts 3.4).</summary>
    private const string TooOld = "Event too far in the past";

    private const string TooNew = "Event too far in the future";

    public static ParsedBody Parse(ReadOnlyMemory<byte> body, DateTimeOffset now, TimeSpan maxAge, TimeSpan maxAhead)
    {
        if (body.Length == 0)
        {
            return Refused("The body is empty.");
        }

        try
        {
            var read = Read(body.Span, out var start, out var length);
            return read is null
                ? Refused("An event is a JSON object.")
                : Accept(body, read, start, length, now, maxAge, maxAhead);
        }
        catch (JsonException)
        {
            return Refused("The body is not valid JSON.");
        }
    }

    private static ParsedBody Accept(
        ReadOnlyMemory<byte> body,
        EventFields read,
        int start,
        int length,
        DateTimeOffset now,
        TimeSpan maxAge,
        TimeSpan maxAhead
    )
    {
        // A text that is long is cut by Datadog, and one that is not there is nothing of its.
        if (read.Title is null)
        {
            return Refused("title is required and must be a string.");
        }

        if (read.AggregationKey is { } key && LengthOf(key) > EventsSender.MaxAggregationKey)
        {
            return Refused($"aggregation_key exceeds {EventsSender.MaxAggregationKey} characters.");
        }

        var at = read.DateHappened is { } seconds
            ? (long)(Math.Clamp(seconds, -LatestSecond, LatestSecond) * 1_000)
            : 0;
        return at != 0 && at < (now - maxAge).ToUnixTimeMilliseconds() ? Refused(TooOld)
            : at > (now + maxAhead).ToUnixTimeMilliseconds() ? Refused(TooNew)
            : new ParsedBody(body, [new Item(start, length, at)], "")
            {
                Answer = EventsAnswer.Write(body.Span, read, now),
            };
    }

    private static EventFields? Read(ReadOnlySpan<byte> body, out int start, out int length)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        reader.Read();
        (start, length) = ((int)reader.TokenStartIndex, 0);
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }

        var fields = new EventFields();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = JsonStrings.Read(ref reader);
            reader.Read();
            var value = (int)reader.TokenStartIndex;
            ReadField(fields, name, ref reader);
            reader.Skip();
            fields.Keep(name, value..(int)reader.BytesConsumed);
        }

        length = (int)reader.BytesConsumed - start;
        // Anything behind the end is an error, and this is what finds it.
        while (reader.Read()) { }

        return fields;
    }

    private static void ReadField(EventFields fields, string name, ref Utf8JsonReader reader)
    {
        var text = reader.TokenType == JsonTokenType.String ? JsonStrings.Read(ref reader) : null;
        switch (name)
        {
            // The names with msg_ are those that Datadog's old Ruby client sends.
            case "title" or "msg_title":
                fields.Title = text;
                break;
            case "text" or "msg_text":
                fields.Text = text;
                break;
            case "aggregation_key":
                fields.AggregationKey = text;
                break;
            case "date_happened":
                fields.DateHappened = reader.TokenType == JsonTokenType.Number ? reader.GetDouble() : null;
                break;
        }
    }

    // Characters, not UTF-16 units: nothing is refused that Datadog may take.
    private static int LengthOf(string text) => text.Length - text.Count(char.IsLowSurrogate);

    private static ParsedBody Refused(string detail) => ParsedBody.Refused(StatusCodes.Status400BadRequest, detail);
}
