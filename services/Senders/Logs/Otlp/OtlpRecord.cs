using System.Globalization;

namespace Partner.Logs.Otlp;

/// <summary>
/// A log record's own fields, and those of its attributes that Datadog takes for a field of a log (datadog-facts 3.9 b).
/// </summary>
internal sealed class OtlpRecord
{
    private const int TraceIdBytes = 16;
    private const int SpanIdBytes = 8;
    private const int LevelsOfSeverity = 4;

    private static readonly string[] Levels = ["trace", "debug", "info", "warn", "error", "fatal"];

    private ulong _time;
    private ulong _observed;
    private string? _message;
    private string? _body;
    private string? _level;

    /// <summary>Unix nanoseconds; 0: it has none.</summary>
    public ulong Time => _time == 0 ? _observed : _time;

    public string Message => _message ?? _body ?? "";

    /// <summary>The body, where an attribute is the message.</summary>
    public string? OtherBody => _message is null ? null : _body;

    /// <summary>What the client calls it; Datadog knows the usual names.</summary>
    public string? Status => _level ?? SeverityText ?? (SeverityNumber == 0 ? null : LevelOf(SeverityNumber));

    public string? SeverityText { get; private set; }

    public ulong SeverityNumber { get; private set; }

    public string? EventName { get; private set; }

    /// <summary>Hexadecimal; null: there is none that is one, and so the log is of no trace.</summary>
    public string? TraceId { get; private set; }

    public string? SpanId { get; private set; }

    public string? Source { get; private set; }

    public string? Tags { get; private set; }

    /// <summary>Of the record, where its resource names none.</summary>
    public string? Service { get; private set; }

    /// <summary>Ids that are none.</summary>
    public int LeftOut { get; private set; }

    public static OtlpRecord Read(ReadOnlySpan<byte> message)
    {
        var record = new OtlpRecord();
        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            switch (reader.Field)
            {
                case LogFields.Time:
                    record._time = reader.ReadFixed64();
                    break;
                case LogFields.ObservedTime:
                    record._observed = reader.ReadFixed64();
                    break;
                case LogFields.SeverityNumber:
                    record.SeverityNumber = reader.ReadVarint();
                    break;
                case LogFields.SeverityText:
                    record.SeverityText = TextOrNull(reader.ReadString());
                    break;
                case LogFields.EventName:
                    record.EventName = TextOrNull(reader.ReadString());
                    break;
                case LogFields.Body:
                    record._body = OtlpValue.TextOf(reader.ReadBytes());
                    break;
                case LogFields.TraceId:
                    record.TraceId = record.IdOf(reader.ReadBytes(), TraceIdBytes);
                    break;
                case LogFields.SpanId:
                    record.SpanId = record.IdOf(reader.ReadBytes(), SpanIdBytes);
                    break;
            }
        }

        for (var reader = new ProtobufReader(message); reader.Next(); )
        {
            if (reader.Field == LogFields.Attributes)
            {
                var key = OtlpValue.KeyOf(reader.ReadBytes(), out var value);
                record.Take(key, value);
            }
        }

        return record;
    }

    /// <summary>The lower 64 bits of an id, as Datadog's correlation has it.</summary>
    public static string DecimalOf(string id) =>
        ulong.Parse(id.AsSpan(id.Length - (2 * SpanIdBytes)), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            .ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether it is a field of the log, and no attribute of it.</summary>
    public static bool IsField(string name, ReadOnlySpan<byte> value) =>
        FieldOf(name) switch
        {
            Field.None => false,
            Field.TraceId => IsId(OtlpValue.TextOf(value), TraceIdBytes),
            Field.SpanId => IsId(OtlpValue.TextOf(value), SpanIdBytes),
            _ => true,
        };

    private static Field FieldOf(string name) =>
        name.ToLowerInvariant() switch
        {
            "msg" or "message" or "log" => Field.Message,
            "status" or "severity" or "level" or "syslog.severity" => Field.Status,
            "traceid" or "trace_id" or "contextmap.traceid" or "oteltraceid" => Field.TraceId,
            "spanid" or "span_id" or "contextmap.spanid" or "otelspanid" => Field.SpanId,
            "ddtags" => Field.Tags,
            "ddsource" => Field.Source,
            _ => Field.None,
        };

    private void Take(string name, ReadOnlySpan<byte> value)
    {
        switch (FieldOf(name))
        {
            case Field.Message:
                _message = TextOrNull(OtlpValue.TextOf(value));
                break;
            case Field.Status:
                _level = TextOrNull(OtlpValue.TextOf(value));
                break;
            case Field.TraceId:
                TraceId ??= IdOrNull(OtlpValue.TextOf(value), TraceIdBytes);
                break;
            case Field.SpanId:
                SpanId ??= IdOrNull(OtlpValue.TextOf(value), SpanIdBytes);
                break;
            case Field.Tags:
                Tags = TextOrNull(OtlpValue.TextOf(value));
                break;
            case Field.Source:
                Source = TextOrNull(OtlpValue.TextOf(value));
                break;
            default:
                Service = name == "service.name" ? TextOrNull(OtlpValue.TextOf(value)) : Service;
                break;
        }
    }

    // Zero, or of another length, is no id, and the log "not associated with a trace" (logs.proto).
    private string? IdOf(ReadOnlySpan<byte> id, int length)
    {
        if (id.Length == length && id.ContainsAnyExcept((byte)0))
        {
            return Convert.ToHexStringLower(id);
        }

        LeftOut += id.Length is 0 || !id.ContainsAnyExcept((byte)0) ? 0 : 1;
        return null;
    }

    private static string? IdOrNull(string text, int bytes) => IsId(text, bytes) ? text : null;

    private static bool IsId(string text, int bytes) =>
        text.Length == 2 * bytes && text.All(char.IsAsciiHexDigit) && text.Any(c => c != '0');

    private static string LevelOf(ulong severity) =>
        severity <= (ulong)(Levels.Length * LevelsOfSeverity)
            ? Levels[((int)severity - 1) / LevelsOfSeverity]
            : "error";

    private static string? TextOrNull(string text) => text.Length == 0 ? null : text;

    private enum Field
    {
        None,
        Message,
        Status,
        TraceId,
        SpanId,
        Tags,
        Source,
    }
}
