using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Partner.Sandbox.Intake;

/// <summary>
/// The time of a log: the first of its default date attributes that has one, in milliseconds or ISO 8601
/// (https://docs.datadoghq.com/logs/log_configuration/processors/log_date_remapper/).
/// </summary>
internal static partial class LogDates
{
    // Seconds, read as milliseconds, are in the January of 1970.
    private const long LeastMilliseconds = 100_000_000_000;

    private static readonly string[] Names =
    [
        "timestamp",
        "@timestamp",
        "date",
        "_timestamp",
        "Timestamp",
        "eventTime",
        "published_date",
    ];

    /// <returns>The time, and whether it was a number of seconds.</returns>
    public static (DateTimeOffset At, bool IsSeconds)? Find(ReadOnlySpan<byte> item)
    {
        var reader = new Utf8JsonReader(Readable.Of(item));
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isTimestamp = Names.Contains(reader.GetString());
            reader.Read();
            if (isTimestamp && Read(ref reader) is { } at)
            {
                return at;
            }

            reader.Skip();
        }

        return null;
    }

    private static (DateTimeOffset At, bool IsSeconds)? Read(ref Utf8JsonReader reader) =>
        reader.TokenType switch
        {
            JsonTokenType.Number => reader.TryGetInt64(out var number) ? FromNumber(number) : null,
            JsonTokenType.String => FromText(reader.GetString()!.Trim()),
            _ => null,
        };

    private static (DateTimeOffset At, bool IsSeconds)? FromNumber(long milliseconds) =>
        milliseconds is > 0 and < 253_402_300_800_000
            ? (DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), milliseconds < LeastMilliseconds)
            : null;

    private static (DateTimeOffset At, bool IsSeconds)? FromText(string text)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return FromNumber(number);
        }

        return
            Iso().Match(text) is { Success: true } match
            && DateTimeOffset.TryParse(
                $"{match.Groups["day"]}T{match.Groups["time"]}{match.Groups["part"].Value.Replace(',', '.')}{OffsetOf(match)}",
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out var at
            )
            ? (at, false)
            : null;
    }

    private static string OffsetOf(Match match) =>
        match.Groups["hours"] is { Success: true, Value: var hours }
            ? $"{hours}:{(match.Groups["minutes"] is { Success: true, Value: var minutes } ? minutes : "00")}"
            : "Z";

    [GeneratedRegex(
        @"^(?<day>\d{4}-\d{2}-\d{2})[T ](?<time>\d{2}:\d{2}(:\d{2})?)(?<part>[.,]\d{1,7})?\d*\s?(Z|(?<hours>[+-]\d{2}):?(?<minutes>\d{2})?)?$"
    )]
    private static partial Regex Iso();
}
