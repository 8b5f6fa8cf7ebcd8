using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Partner.Sandbox.Intake;

/// <summary>Cuts a body into its items, each as the bytes that came.</summary>
internal static class LogItems
{
    private static readonly string[] Keys = ["api_key", "dd-api-key"];

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
        var reader = new Utf8JsonReader(Readable.Of(body.Span));
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

    /// <summary>One item per line, as the object that Datadog would make of it: what its address says is of each.</summary>
    public static List<ReadOnlyMemory<byte>> FromText(ReadOnlyMemory<byte> body, IQueryCollection query)
    {
        var common = query
            .Where(field => !Keys.Contains(field.Key, StringComparer.OrdinalIgnoreCase))
            .GroupBy(field => field.Key == "host" ? "hostname" : field.Key)
            .ToDictionary(field => field.Key, field => field.First().Value.ToString());
        return
        [
            .. Encoding
                .UTF8.GetString(body.Span)
                .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(line => new Dictionary<string, string>(common) { ["message"] = line })
                .Select(item => (ReadOnlyMemory<byte>)JsonSerializer.SerializeToUtf8Bytes(item, Json)),
        ];
    }

    public static ArrivedItem Classify(ReadOnlyMemory<byte> raw, DateTimeOffset now)
    {
        var fate = raw.Length > LogsLimits.ItemBytes ? Fate.Truncated : Fate.Kept;
        fate = LogDates.Find(raw.Span)?.At < now - LogsLimits.Age ? Fate.Dropped : fate;
        return ArrivedItem.Of(raw, fate);
    }
}
