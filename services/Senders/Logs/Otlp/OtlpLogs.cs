using System.Buffers;
using System.Text.Json;

namespace Partner.Logs.Otlp;

/// <summary>
/// An ExportLogsServiceRequest becomes logs of the v2 intake, which every site has, by Datadog's own mapping
/// (datadog-facts 3.9 b). They are made one after the other, and no further than what can be committed: a short record
/// with a large resource is much more than its bytes.
/// </summary>
internal sealed class OtlpLogs : OtlpWalk
{
    private const string Unreadable = "A log record cannot be read as OTLP.";
    private const string UnreadableResource = "A ResourceLogs cannot be read as OTLP.";
    private const long NanosecondsOfMillisecond = 1_000_000;

    private static readonly string TooManyParts =
        $"A log record has more than {OtlpCheck.MaxParts} attributes, and values within them.";

    private readonly IntakeBody _body;
    private readonly ItemList _items;
    private readonly long _oldest;
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly LogWriter _log;

    private OtlpLogs(IntakeBody body)
        : base(LogSchema.Request)
    {
        _body = body;
        _items = new ItemList(body, ","u8.ToArray());
        _oldest = (body.Now - LogsSender.MaxAge).ToUnixTimeMilliseconds();
        _log = new LogWriter(_output);
    }

    protected override bool IsOver => _items.Refusal is not null;

    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="MalformedException">It is not OTLP, or is more than is taken.</exception>
    public static ParsedBody Parse(IntakeBody body, string contentType, string query)
    {
        var logs = new OtlpLogs(body);
        logs.Walk(body, contentType);
        return OtlpAnswer.To(
            logs._items.Finish(logs._output.WrittenMemory, query) with
            {
                LeftOut = logs.LeftOut,
            },
            contentType,
            "rejectedLogRecords"
        );
    }

    protected override void EnterResource(ReadOnlySpan<byte> resource) => _log.EnterResource(resource);

    protected override void EnterScope(ReadOnlySpan<byte> scope) => _log.EnterScope(scope);

    protected override void PassOver(ReadOnlySpan<byte> message) =>
        BuryBytes(DeadLetterReason.Malformed, UnreadableResource, message);

    protected override void PassOverJson(ReadOnlySpan<byte> json) =>
        _items.BuryMade(
            DeadLetterReason.Malformed,
            "A log record is a JSON object.",
            json,
            StatusCodes.Status400BadRequest
        );

    protected override void Visit(ReadOnlySpan<byte> item)
    {
        if (!OtlpCheck.IsReadable(item, LogSchema.Record, out var tooMany))
        {
            BuryBytes(
                tooMany ? DeadLetterReason.TooLarge : DeadLetterReason.Malformed,
                tooMany ? TooManyParts : Unreadable,
                item
            );
            return;
        }

        var record = OtlpRecord.Read(item);
        LeftOut += record.LeftOut;
        var start = _output.WrittenCount;
        _log.Write(record, item);
        var log = new Item(start, _output.WrittenCount - start, (long)(record.Time / NanosecondsOfMillisecond));
        if (Pay())
        {
            Add(record, log);
        }
    }

    private void Add(OtlpRecord record, Item log)
    {
        var bytes = _output.WrittenSpan.Slice(log.Offset, log.Length);
        if (record.Time == 0)
        {
            // An attribute may be what Datadog takes for the time.
            var reader = new Utf8JsonReader(bytes);
            reader.Read();
            var time = LogTime.Of(ref reader, _body.Now);
            log = log with { At = time.At };
        }

        if (log.At != 0 && log.At < _oldest)
        {
            _items.Bury(
                DeadLetterReason.Expired,
                $"Older than Datadog takes: its time is {ItemTime.Describe(log.At)}.",
                bytes,
                log.At
            );
            return;
        }

        LogsParser.Add(_items, _output.WrittenSpan, log);
    }

    private bool Pay() => _items.PayFor(_output, "logs", _body.MaxItemBytes);

    // In a form that a batch may have: the letter says whose it is, and its bytes are all there.
    private void BuryBytes(DeadLetterReason reason, string detail, ReadOnlySpan<byte> message)
    {
        var start = _output.WrittenCount;
        _log.WriteUnread(message);
        if (Pay())
        {
            _items.BuryMade(reason, detail, _output.WrittenSpan[start..], StatusCodes.Status400BadRequest);
        }
    }
}
