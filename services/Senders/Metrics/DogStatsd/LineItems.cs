using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Partner.Metrics.DogStatsd;

/// <summary>How old and how new an item of one form may be.</summary>
internal readonly record struct ItemWindow(TimeSpan MaxAge, TimeSpan? MaxAhead);

/// <summary>The items of one form while they are made, paid for, and no more of them than can be committed.</summary>
/// <param name="separator">See <see cref="DeadItems"/>.</param>
internal sealed class LineItems(IntakeBody body, ItemWindow window, ReadOnlyMemory<byte>? separator)
{
    // Series, distributions, events, checks.
    private const int Forms = 4;
    private const string UnreadMember = "dogstatsd.unread";

    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly ItemList _items = new(body, separator);
    private readonly long _oldest = (body.Now - window.MaxAge).ToUnixTimeMilliseconds();
    private readonly long _newest = window.MaxAhead is { } ahead
        ? (body.Now + ahead).ToUnixTimeMilliseconds()
        : long.MaxValue;

    private Utf8JsonWriter? _json;
    private int _start;

    public BodyRejection? Refusal => _items.Refusal;

    public void Refuse(BodyRejection? refusal)
    {
        if (refusal is not null)
        {
            _items.Refuse(refusal);
        }
    }

    /// <summary>The item's object, begun.</summary>
    public Utf8JsonWriter Begin()
    {
        _start = _output.WrittenCount;
        _json ??= new Utf8JsonWriter(_output);
        _json.Reset();
        _json.WriteStartObject();
        return _json;
    }

    /// <summary>What was written is an item, if its time is one that Datadog takes.</summary>
    /// <param name="at">Unix milliseconds.</param>
    public void End(long at)
    {
        if (!TryClose())
        {
            return;
        }

        var item = new Item(_start, _output.WrittenCount - _start, at);
        if (at >= _oldest && at <= _newest)
        {
            _items.Add(item);
            return;
        }

        _items.Bury(
            at < _oldest ? DeadLetterReason.Expired : DeadLetterReason.Future,
            $"{(at < _oldest ? "Older" : "Newer")} than Datadog takes: its time is {ItemTime.Describe(at)}.",
            _output.WrittenSpan[_start..],
            at
        );
    }

    /// <summary>A line that is none, as text in a form that a batch may have.</summary>
    /// <param name="number">Of the line, from 1.</param>
    public void Bury(BadLine fault, int number, ReadOnlySpan<byte> line)
    {
        Begin().WriteString(UnreadMember, Encoding.UTF8.GetString(line));
        if (TryClose())
        {
            _items.BuryMade(
                fault.Reason,
                $"Line {number}: {fault.Detail}",
                _output.WrittenSpan[_start..],
                fault.Status
            );
        }
    }

    public ParsedBody Finish(string variant) => _items.Finish(_output.WrittenMemory, variant);

    private bool TryClose()
    {
        _json!.WriteEndObject();
        _json.Flush();
        return _items.PayFor(_output, "items", body.MaxItemBytes / Forms);
    }
}
