using System.Text;

namespace Partner.Metrics.DogStatsd;

/// <summary>
/// <c>_e{21,36}:An exception occurred|Cannot parse CSV file from 10.0.0.17|d:1656581409|h:web1|k:key|p:low|s:src|t:warning|#a:b</c>
/// becomes an event of v1 (datadog-facts 3.4). The lengths are bytes of UTF-8.
/// </summary>
internal static class EventLine
{
    /// <summary>Characters of <c>aggregation_key</c> (datadog-facts 3.4).</summary>
    public const int MaxAggregationKey = 100;

    /// <summary>Datadog takes events of 18 hours and of two ahead (datadog-facts 3.4); the margin is for the way there.</summary>
    public static readonly ItemWindow Window = new(
        TimeSpan.FromHours(18) - TimeSpan.FromMinutes(10),
        TimeSpan.FromHours(2)
    );

    private static readonly string[] Priorities = ["normal", "low"];
    private static readonly string[] AlertTypes = ["error", "warning", "info", "success"];

    /// <param name="leftOut">Fields that are not what they should be: as the Agent does, the event goes without them.</param>
    /// <returns>Null, or why it is not taken.</returns>
    public static BadLine? Read(ReadOnlySpan<byte> line, DateTimeOffset now, LineItems events, ref int leftOut)
    {
        if (Split(line, out var title, out var text, out var rest) is { } fault)
        {
            return fault;
        }

        var (host, tags) = ((string?)null, LineTags.None);
        var (key, source) = ((string?)null, (string?)null);
        var (priority, alert) = ("normal", "info");
        var seconds = 0L;
        for (var fields = new LineFields(rest); fields.Next(); )
        {
            if (fields.Is("d:"u8, out var value))
            {
                leftOut += LineFields.TryWhole(value, out seconds) ? 0 : 1;
            }
            else if (fields.Is("h:"u8, out value))
            {
                host = TextOf(value);
            }
            else if (fields.Is("k:"u8, out value))
            {
                key = TextOf(value);
            }
            else if (fields.Is("p:"u8, out value))
            {
                leftOut += TryChoose(value, Priorities, ref priority) ? 0 : 1;
            }
            else if (fields.Is("s:"u8, out value))
            {
                source = TextOf(value);
            }
            else if (fields.Is("t:"u8, out value))
            {
                leftOut += TryChoose(value, AlertTypes, ref alert) ? 0 : 1;
            }
            else if (fields.Is("#"u8, out value))
            {
                tags = LineTags.Read(value);
            }
        }

        if (key?.EnumerateRunes().Count() > MaxAggregationKey)
        {
            return BadLine.LongKey;
        }

        var at = seconds == 0 ? now.ToUnixTimeSeconds() : seconds;
        var json = events.Begin();
        json.WriteString("title"u8, Unescape(title));
        json.WriteString("text"u8, Unescape(text));
        json.WriteNumber("date_happened"u8, at);
        json.WriteString("priority"u8, priority);
        json.WriteString("alert_type"u8, alert);
        json.WriteText("host"u8, host ?? tags.Host);
        json.WriteText("aggregation_key"u8, key);
        json.WriteText("source_type_name"u8, source);
        json.WriteTags(tags.Tags);
        events.End(ItemTime.FromSeconds(at));
        return null;
    }

    private static BadLine? Split(
        ReadOnlySpan<byte> line,
        out ReadOnlySpan<byte> title,
        out ReadOnlySpan<byte> text,
        out ReadOnlySpan<byte> rest
    )
    {
        title = text = rest = default;
        var end = line.IndexOf("}:"u8);
        var comma = line.IndexOf((byte)',');
        if (
            comma < 0
            || end < comma
            || !LineFields.TryWhole(line["_e{".Length..comma], out var titleLength)
            || !LineFields.TryWhole(line[(comma + 1)..end], out var textLength)
        )
        {
            return BadLine.NoEvent;
        }

        if (titleLength == 0)
        {
            return BadLine.NoTitle;
        }

        rest = line[(end + 2)..];
        if (
            titleLength < 0
            || textLength < 0
            || titleLength > rest.Length
            || textLength > rest.Length - titleLength - 1
            || rest[(int)titleLength] != '|'
        )
        {
            return BadLine.EventLengths;
        }

        title = rest[..(int)titleLength];
        text = rest.Slice((int)titleLength + 1, (int)textLength);
        rest = rest[((int)titleLength + 1 + (int)textLength)..];
        return rest is [] or [(byte)'|', ..] ? null : BadLine.EventLengths;
    }

    private static bool TryChoose(ReadOnlySpan<byte> value, string[] choices, ref string chosen)
    {
        var text = TextOf(value);
        chosen = Array.Find(choices, choice => choice == text) ?? chosen;
        return chosen == text;
    }

    private static string Unescape(ReadOnlySpan<byte> text) =>
        TextOf(text)?.Replace("\\n", "\n", StringComparison.Ordinal) ?? "";

    private static string? TextOf(ReadOnlySpan<byte> text) => text.Length == 0 ? null : Encoding.UTF8.GetString(text);
}
