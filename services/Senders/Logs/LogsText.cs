using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Partner.Sending;

namespace Partner.Logs;

/// <summary>Bodies that are text: each line or frame becomes <c>{"message":"...", ...}</c> with the query's attributes.</summary>
internal static class LogsText
{
    /// <summary>A log per line that is not empty.</summary>
    public static ParsedBody ParseLines(IntakeBody body)
    {
        var messages = new List<Range>();
        var text = body.Bytes.Span;
        foreach (var line in text.Split((byte)'\n'))
        {
            var trimmed = text[line].TrimEnd((byte)'\r');
            if (!trimmed.IsEmpty)
            {
                messages.Add(line.Start..(line.Start.Value + trimmed.Length));
            }
        }

        return Build(body, messages);
    }

    /// <summary>
    /// RFC 6587 3.4.1, <c>83 &lt;40&gt;1 2026-01-02T03:04:05+00:00 host app web.3 - text</c>: a length, a space, so many
    /// bytes. Each frame is a log.
    /// </summary>
    public static ParsedBody ParseLogplex(IntakeBody body)
    {
        var messages = new List<Range>();
        var text = body.Bytes.Span;
        for (var position = 0; position < text.Length;)
        {
            if (text[position] is (byte)'\n' or (byte)'\r')
            {
                position++;
                continue;
            }

            if (!Utf8Parser.TryParse(text[position..], out int length, out var digits)
                || position + digits >= text.Length || text[position + digits] != (byte)' '
                || length <= 0 || length > text.Length - position - digits - 1)
            {
                return ParsedBody.Refused(StatusCodes.Status400BadRequest, "The body is not framed by octet counting (RFC 6587).");
            }

            position += digits + 1;
            messages.Add(position..(position + length));
            position += length;
        }

        return Build(body, messages);
    }

    private static ParsedBody Build(IntakeBody body, List<Range> messages)
    {
        if (messages.Count > LogsSender.MaxRequestItems)
        {
            return LogsParser.TooMany();
        }

        if (messages.Count == 0)
        {
            return ParsedBody.Refused(StatusCodes.Status400BadRequest, "The body has no log.");
        }

        var output = new ArrayBufferWriter<byte>(body.Bytes.Length + (messages.Count * 32));
        var items = new List<Item>(messages.Count);
        using var json = new Utf8JsonWriter(output);
        foreach (var message in messages)
        {
            var start = output.WrittenCount;
            json.WriteStartObject();
            // Through a string: bytes that are not UTF-8 become replacement characters.
            json.WriteString("message", Encoding.UTF8.GetString(body.Bytes.Span[message]).TrimEnd('\r', '\n'));
            foreach (var name in LogsQuery.Names.Where(name => body.Query.ContainsKey(name)))
            {
                json.WriteString(name, body.Query[name].ToString());
            }

            json.WriteEndObject();
            json.Flush();
            items.Add(new Item(start, output.WrittenCount - start, 0));
            json.Reset();
        }

        return LogsParser.FindTooLarge(items) ?? new ParsedBody(output.WrittenMemory, items, "");
    }
}
