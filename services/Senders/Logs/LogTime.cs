using System.Text.Json;

namespace Partner.Logs;

/// <summary>
/// The time that Datadog gives a log: of the first of its default date attributes that is a date, in the order in which
/// they are documented (https://docs.datadoghq.com/logs/log_configuration/processors/log_date_remapper/); and behind
/// them <c>@timestamp</c>, which its own exporters write.
/// </summary>
internal struct LogTime
{
    // As a number's milliseconds these are 1970 to 1973: the client meant seconds.
    private const long SurelySeconds = 100_000_000_000;
    private const int None = int.MaxValue;

    private int _rank = None;

    public LogTime() { }

    /// <summary>Unix milliseconds; 0: it has no time.</summary>
    public long At { get; private set; }

    /// <summary>A number of seconds, which is the year 1970 to Datadog.</summary>
    public bool IsSeconds { get; private set; }

    /// <summary>Of an object that the reader stands on, which is read to its end.</summary>
    public static LogTime Of(ref Utf8JsonReader reader, DateTimeOffset now)
    {
        var time = new LogTime();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var rank = RankOf(ref reader);
            reader.Read();
            if (rank is { } found)
            {
                time.Read(ref reader, found, now);
            }

            reader.Skip();
        }

        return time;
    }

    /// <returns>Of the name that the reader stands on; null: it is no time's.</returns>
    private static int? RankOf(ref Utf8JsonReader reader) =>
        JsonStrings.Is(ref reader, "timestamp"u8) ? 0
        : JsonStrings.Is(ref reader, "date"u8) ? 1
        : JsonStrings.Is(ref reader, "_timestamp"u8) ? 2
        : JsonStrings.Is(ref reader, "Timestamp"u8) ? 3
        : JsonStrings.Is(ref reader, "eventTime"u8) ? 4
        : JsonStrings.Is(ref reader, "published_date"u8) ? 5
        : JsonStrings.Is(ref reader, "@timestamp"u8) ? 6
        : null;

    /// <summary>Of a name that stands there twice the last counts, as with most readers.</summary>
    private void Read(ref Utf8JsonReader reader, int rank, DateTimeOffset now)
    {
        if (rank <= _rank && ItemTime.ReadOfLog(ref reader, now) is { } at)
        {
            _rank = rank;
            // 0 would be no time; it is 1970 all the same.
            At = at == 0 ? 1 : at;
            IsSeconds = reader.TokenType == JsonTokenType.Number && Math.Abs(at) < SurelySeconds;
        }
    }
}
