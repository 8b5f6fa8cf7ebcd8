using System.Globalization;
using System.Text.Json;

namespace Partner.Sending;

/// <summary>
/// Items' own times: milliseconds since 1970, as any number that a client sent. A time without a date (before the year
/// 1, after 9999: milliseconds where seconds belong, say) is shown as the number that it is.
/// </summary>
public static class ItemTime
{
    private static readonly long Earliest = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    // About 1973 in milliseconds, 5138 in seconds.
    private const double SurelyMilliseconds = 1e11;

    /// <summary>
    /// A log's time as Datadog reads it: a whole number is milliseconds, even if its client meant seconds; a text is a
    /// date of ISO 8601 or RFC 3164. A fraction is none of these: as seconds it is passed over, and only what can be
    /// nothing but milliseconds is taken for them.
    /// https://docs.datadoghq.com/logs/log_configuration/processors/log_date_remapper/
    /// </summary>
    /// <returns>Unix milliseconds; null where there is no time.</returns>
    public static long? ReadOfLog(ref Utf8JsonReader reader, DateTimeOffset now)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when reader.TryGetInt64(out var whole):
                return whole <= Latest ? whole : null;
            case JsonTokenType.Number when reader.TryGetDouble(out var number):
                return number >= SurelyMilliseconds && number <= Latest ? (long)number : null;
            case JsonTokenType.String:
                return DateText.TryRead(JsonStrings.Read(ref reader), now, out var time) ? time : null;
            default:
                return null;
        }
    }

    /// <returns>Null: there is no such date.</returns>
    public static DateTimeOffset? DateOf(long milliseconds) =>
        milliseconds < Earliest || milliseconds > Latest ? null : DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    /// <summary>For people.</summary>
    public static string Describe(long milliseconds) =>
        DateOf(milliseconds) is { } date
            ? date.ToString("O", CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{milliseconds} ms from 1970");

    /// <summary>Seconds, fractions and any other value of a number; a time that is far out stays far out.</summary>
    public static long FromSeconds(double seconds) => (long)(seconds * 1_000);
}
