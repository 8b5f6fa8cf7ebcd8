using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Partner.Sandbox.Intake;

/// <summary>Cuts a body into its items, each as the bytes that came.</summary>
internal static class LogItems
{
    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>
    /// The elements of an array, or the one object; throws <see cref="JsonException"/> on anything else.
    /// </summary>
    public static List<ReadOnlyMemory<byte>> FromJson(ReadOnlyMemory<byte> body)
    {
        var items = new List<ReadOnlyMemory<byte>>();
        var reader = new Utf8JsonReader(body.Span);
        reader.Read();
        var isArray = reader.TokenType is JsonTokenType.StartArray;
        if (!isArray && reader.TokenType is not JsonTokenType.StartObject)
        {
            throw new JsonException("A log is an object.");
        }

        while (!isArray || (reader.Read() && reader.TokenType is not JsonTokenType.EndArray))
        {
            if (reader.TokenType is not JsonTokenType.StartObject)
            {
                throw new JsonException("A log is an object.");
            }

            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            items.Add(body[start..(int)reader.BytesConsumed]);
            if (!isArray)
            {
                break;
            }
        }

        // Past the end: anything but white space throws.
        reader.Read();
        return items;
    }

    /// <summary>One item per line, as the object that Datadog would make of it.</summary>
    public static List<ReadOnlyMemory<byte>> FromText(ReadOnlyMemory<byte> body, IQueryCollection query)
    {
        string[] reserved = ["ddtags", "ddsource", "host", "service"];
        var common = reserved.Where(query.ContainsKey).ToDictionary(name => name, name => query[name].ToString());
        return
        [
            .. Encoding.UTF8.GetString(body.Span)
                .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(line => new Dictionary<string, string>(common) { ["message"] = line })
                .Select(item => (ReadOnlyMemory<byte>)JsonSerializer.SerializeToUtf8Bytes(item, Json)),
        ];
    }

    public static ArrivedItem Classify(ReadOnlyMemory<byte> raw, DateTimeOffset now)
    {
        var fate = raw.Length > LogsLimits.ItemBytes ? Fate.Truncated : Fate.Kept;
        fate = Timestamp(raw.Span) is { } at && at < now - LogsLimits.Age ? Fate.Dropped : fate;
        return ArrivedItem.Of(raw, fate);
    }

    private static DateTimeOffset? Timestamp(ReadOnlySpan<byte> item)
    {
        var reader = new Utf8JsonReader(item);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isTimestamp = reader.ValueTextEquals("timestamp") || reader.ValueTextEquals("@timestamp")
                || reader.ValueTextEquals("date");
            reader.Read();
            if (isTimestamp && Read(ref reader) is { } at)
            {
                return at;
            }

            reader.Skip();
        }

        return null;
    }

    // Milliseconds or ISO 8601: the forms that the date remapper takes.
    private static DateTimeOffset? Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is JsonTokenType.Number)
        {
            return reader.TryGetInt64(out var ms) && ms is > 0 and < 253_402_300_800_000
                ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
                : null;
        }

        return reader.TokenType is JsonTokenType.String
            && DateTimeOffset.TryParse(
                reader.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at
            : null;
    }
}
