using System.Text.Json;

namespace Partner.Sending;

/// <summary>An item's own time: ISO 8601, or a number since 1970 in seconds, milli-, micro- or nanoseconds.</summary>
public static class ItemTime
{
    // "2026-01-02T03:04": a date alone is rarely the time of the event.
    private const int ShortestText = 16;

    // The year 2001 in seconds; each unit takes a thousand times the one before.
    private const double FirstSecond = 1e9;
    private const double FirstMillisecond = 1e11;
    private const double FirstMicrosecond = 1e14;
    private const double FirstNanosecond = 1e17;

    /// <returns>Unix milliseconds; 0 for anything else.</returns>
    public static long Read(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetDouble(out var number) => FromNumber(number),
        JsonTokenType.String when reader.ValueSpan.Length >= ShortestText && reader.TryGetDateTime(out var time) =>
            FromTime(time),
        _ => 0,
    };

    // Without an offset it is UTC, as Datadog reads it, and not this machine's zone.
    private static long FromTime(DateTime time) => new DateTimeOffset(
        time.Kind == DateTimeKind.Unspecified ? DateTime.SpecifyKind(time, DateTimeKind.Utc) : time).ToUnixTimeMilliseconds();

    public static long FromNumber(double number) => number switch
    {
        >= FirstSecond and < FirstMillisecond => (long)(number * 1e3),
        >= FirstMillisecond and < FirstMicrosecond => (long)number,
        >= FirstMicrosecond and < FirstNanosecond => (long)(number / 1e3),
        >= FirstNanosecond and < 1e20 => (long)(number / 1e6),
        _ => 0,
    };
}
