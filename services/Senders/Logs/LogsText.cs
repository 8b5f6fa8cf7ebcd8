using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Partner.Logs;

/// <summary>
/// Bodies that are text: each line or frame becomes <c>{"message":"...", ...}</c> with the query's attributes. They are
/// made one after the other, and no further than what can be committed: a short line with long attributes is much more
/// than its bytes.
/// </summary>
internal ref struct LogsText
{
    private readonly IntakeBody _body;
    private readonly ItemList _items;
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly Utf8JsonWriter _json;
    private readonly IReadOnlyList<(JsonEncodedText Name, JsonEncodedText Value)> _members;

    // Nothing but frames is left.
    private bool _isFramed;

    private LogsText(IntakeBody body)
    {
        _body = body;
        _items = new ItemList(body, ","u8.ToArray());
        _json = new Utf8JsonWriter(_output);
        _members = LogsQuery.Members(body.Query);
    }

    /// <summary>A log per line that is not empty.</summary>
    public static ParsedBody ParseLines(IntakeBody body)
    {
        var logs = new LogsText(body);
        logs.AddLines(body.Bytes.Span);
        return logs.Finish();
    }

    /// <summary>
    /// RFC 6587 3.4.1, <c>83 &lt;40&gt;1 2026-01-02T03:04:05+00:00 host app web.3 - text</c>: a length, a space, so many
    /// bytes. Each frame is a log. Where no such frame begins, the rest is lines, each a log: so Datadog's specification
    /// has its examples (<c>hello world</c>), and a line that begins with a number is one of them.
    /// </summary>
    public static ParsedBody ParseLogplex(IntakeBody body)
    {
        var logs = new LogsText(body);
        var text = body.Bytes.Span;
        var position = 0;
        while (position < text.Length && logs._items.Refusal is null)
        {
            if (text[position] is (byte)'\n' or (byte)'\r')
            {
                position++;
            }
            else if (logs.FrameAt(text, position) is { } frame)
            {
                logs.Add(text[frame]);
                position = frame.End.Value;
            }
            else
            {
                logs.AddLines(text[position..]);
                break;
            }
        }

        return logs.Finish();
    }

    // What it holds begins as syslog does (RFC 5424 6), or the body is nothing but frames: "3 errors" is a line.
    private Range? FrameAt(ReadOnlySpan<byte> text, int position)
    {
        if (ReadFrame(text, position) is not { } frame)
        {
            return null;
        }

        if (!_isFramed && text[frame.Start.Value] != '<')
        {
            _isFramed = IsFramed(text, frame.End.Value);
            return _isFramed ? frame : null;
        }

        return frame;
    }

    private static bool IsFramed(ReadOnlySpan<byte> text, int position)
    {
        while (position < text.Length)
        {
            if (text[position] is (byte)'\n' or (byte)'\r')
            {
                position++;
            }
            else if (ReadFrame(text, position) is { } frame)
            {
                position = frame.End.Value;
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    private static Range? ReadFrame(ReadOnlySpan<byte> text, int position) =>
        Utf8Parser.TryParse(text[position..], out int length, out var digits)
        && position + digits < text.Length
        && text[position + digits] == (byte)' '
        && length > 0
        && length <= text.Length - position - digits - 1
            ? (position + digits + 1)..(position + digits + 1 + length)
            : null;

    private void AddLines(ReadOnlySpan<byte> text)
    {
        foreach (var line in text.Split((byte)'\n'))
        {
            Add(text[line]);
            if (_items.Refusal is not null)
            {
                return;
            }
        }
    }

    private void Add(ReadOnlySpan<byte> message)
    {
        message = message.TrimEnd("\r\n"u8);
        if (message.IsEmpty)
        {
            return;
        }

        var start = _output.WrittenCount;
        _json.Reset();
        _json.WriteStartObject();
        // Bytes that are not UTF-8 become replacement characters.
        _json.WriteString("message"u8, Encoding.UTF8.GetString(message));
        foreach (var (name, value) in _members)
        {
            _json.WriteString(name, value);
        }

        _json.WriteEndObject();
        _json.Flush();
        _items.PayFor(_output, "logs", _body.MaxItemBytes);
        LogsParser.Add(_items, _output.WrittenSpan, new Item(start, _output.WrittenCount - start, 0));
    }

    private readonly ParsedBody Finish()
    {
        _json.Dispose();
        return _items.Refusal is null && _items.Count == 0
            ? ParsedBody.Refused(StatusCodes.Status400BadRequest, "The body has no log.")
            : _items.Finish(_output.WrittenMemory, "");
    }
}
