using System.Collections;

namespace Partner.Traces.Otlp;

internal enum FieldKind
{
    Text,
    Hex,
    Base64,

    /// <summary>32 bits without sign, or an enumeration.</summary>
    Number,

    /// <summary>64 bits with a sign.</summary>
    Signed,
    Fixed64,
    Fixed32,
    Bool,
    Double,
    Message,
}

/// <summary>One field of a message.</summary>
internal sealed record FieldSchema(int Number, FieldKind Kind, Func<MessageSchema>? Message = null)
{
    /// <summary>An enumeration's names, by their numbers; JSON may have them in place of numbers.</summary>
    public string[] Names { get; init; } = [];

    public WireType Wire { get; } =
        Kind switch
        {
            FieldKind.Number or FieldKind.Signed or FieldKind.Bool => WireType.Varint,
            FieldKind.Fixed64 or FieldKind.Double => WireType.Fixed64,
            FieldKind.Fixed32 => WireType.Fixed32,
            _ => WireType.Bytes,
        };
}

/// <summary>A message's fields by their names in JSON.</summary>
internal sealed class MessageSchema : IEnumerable
{
    private readonly Dictionary<string, FieldSchema> _byName = new(StringComparer.Ordinal);
    private FieldSchema?[] _byNumber = [];

    public FieldSchema this[string name]
    {
        set
        {
            _byName.Add(name, value);
            Array.Resize(ref _byNumber, Math.Max(_byNumber.Length, value.Number + 1));
            _byNumber[value.Number] = value;
        }
    }

    public FieldSchema? Find(string name) => _byName.GetValueOrDefault(name);

    public FieldSchema? Find(int number) => number < _byNumber.Length ? _byNumber[number] : null;

    IEnumerator IEnumerable.GetEnumerator() => _byName.GetEnumerator();
}

/// <summary>The messages of OTLP traces: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding.</summary>
internal static class OtlpSchema
{
    public static readonly MessageSchema AnyValue = new()
    {
        ["stringValue"] = new(1, FieldKind.Text),
        ["boolValue"] = new(2, FieldKind.Bool),
        ["intValue"] = new(3, FieldKind.Signed),
        ["doubleValue"] = new(4, FieldKind.Double),
        ["arrayValue"] = new(5, FieldKind.Message, () => ArrayValue!),
        ["kvlistValue"] = new(6, FieldKind.Message, () => MapValue!),
        ["bytesValue"] = new(7, FieldKind.Base64),
    };

    private static readonly MessageSchema KeyValue = new()
    {
        ["key"] = new(1, FieldKind.Text),
        ["value"] = new(2, FieldKind.Message, () => AnyValue),
    };

    private static readonly MessageSchema ArrayValue = new() { ["values"] = new(1, FieldKind.Message, () => AnyValue) };

    private static readonly MessageSchema MapValue = new() { ["values"] = new(1, FieldKind.Message, () => KeyValue) };

    public static readonly MessageSchema Resource = new()
    {
        ["attributes"] = new(1, FieldKind.Message, () => KeyValue),
        ["droppedAttributesCount"] = new(2, FieldKind.Number),
    };

    public static readonly MessageSchema Scope = new()
    {
        ["name"] = new(1, FieldKind.Text),
        ["version"] = new(2, FieldKind.Text),
        ["attributes"] = new(3, FieldKind.Message, () => KeyValue),
        ["droppedAttributesCount"] = new(4, FieldKind.Number),
    };

    private static readonly MessageSchema Event = new()
    {
        ["timeUnixNano"] = new(1, FieldKind.Fixed64),
        ["name"] = new(2, FieldKind.Text),
        ["attributes"] = new(3, FieldKind.Message, () => KeyValue),
        ["droppedAttributesCount"] = new(4, FieldKind.Number),
    };

    private static readonly MessageSchema Link = new()
    {
        ["traceId"] = new(1, FieldKind.Hex),
        ["spanId"] = new(2, FieldKind.Hex),
        ["traceState"] = new(3, FieldKind.Text),
        ["attributes"] = new(4, FieldKind.Message, () => KeyValue),
        ["droppedAttributesCount"] = new(5, FieldKind.Number),
        ["flags"] = new(6, FieldKind.Fixed32),
    };

    private static readonly MessageSchema Status = new()
    {
        ["message"] = new(2, FieldKind.Text),
        ["code"] = new(3, FieldKind.Number) { Names = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"] },
    };

    public static readonly MessageSchema Span = new()
    {
        ["traceId"] = new(1, FieldKind.Hex),
        ["spanId"] = new(2, FieldKind.Hex),
        ["traceState"] = new(3, FieldKind.Text),
        ["parentSpanId"] = new(4, FieldKind.Hex),
        ["name"] = new(5, FieldKind.Text),
        ["kind"] = new(6, FieldKind.Number)
        {
            Names =
            [
                "SPAN_KIND_UNSPECIFIED",
                "SPAN_KIND_INTERNAL",
                "SPAN_KIND_SERVER",
                "SPAN_KIND_CLIENT",
                "SPAN_KIND_PRODUCER",
                "SPAN_KIND_CONSUMER",
            ],
        },
        ["startTimeUnixNano"] = new(7, FieldKind.Fixed64),
        ["endTimeUnixNano"] = new(8, FieldKind.Fixed64),
        ["attributes"] = new(9, FieldKind.Message, () => KeyValue),
        ["droppedAttributesCount"] = new(10, FieldKind.Number),
        ["events"] = new(11, FieldKind.Message, () => Event),
        ["droppedEventsCount"] = new(12, FieldKind.Number),
        ["links"] = new(13, FieldKind.Message, () => Link),
        ["droppedLinksCount"] = new(14, FieldKind.Number),
        ["status"] = new(15, FieldKind.Message, () => Status),
        ["flags"] = new(16, FieldKind.Fixed32),
    };

    public static readonly MessageSchema ScopeSpans = new()
    {
        ["scope"] = new(1, FieldKind.Message, () => Scope),
        ["spans"] = new(2, FieldKind.Message, () => Span),
        ["schemaUrl"] = new(3, FieldKind.Text),
    };

    public static readonly MessageSchema ResourceSpans = new()
    {
        ["resource"] = new(1, FieldKind.Message, () => Resource),
        ["scopeSpans"] = new(2, FieldKind.Message, () => ScopeSpans),
        ["schemaUrl"] = new(3, FieldKind.Text),
    };

    public static MessageSchema Request { get; } =
        new() { ["resourceSpans"] = new(1, FieldKind.Message, () => ResourceSpans) };
}
