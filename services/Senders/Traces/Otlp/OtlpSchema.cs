namespace Partner.Traces.Otlp;

internal enum FieldKind
{
    Text,
    Hex,
    Base64,
    Number,
    Fixed64,
    Fixed32,
    Bool,
    Double,
    Message,
}

/// <summary>One field of a message, by its name in JSON.</summary>
internal sealed record FieldSchema(int Number, FieldKind Kind, Func<IReadOnlyDictionary<string, FieldSchema>>? Message = null);

/// <summary>The messages of OTLP traces: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding.</summary>
internal static class OtlpSchema
{
    private static readonly Dictionary<string, FieldSchema> AnyValue = new()
    {
        ["stringValue"] = new(1, FieldKind.Text),
        ["boolValue"] = new(2, FieldKind.Bool),
        ["intValue"] = new(3, FieldKind.Number),
        ["doubleValue"] = new(4, FieldKind.Double),
        ["arrayValue"] = new(5, FieldKind.Message, () => ArrayValue!),
        ["kvlistValue"] = new(6, FieldKind.Message, () => MapValue!),
        ["bytesValue"] = new(7, FieldKind.Base64),
    };

    private static readonly Dictionary<string, FieldSchema> KeyValue = new()
    {
        ["key"] = new(1, FieldKind.Text),
        ["value"] = new(2, FieldKind.Message, () => AnyValue),
    };

    private static readonly Dictionary<string, FieldSchema> ArrayValue = new() { ["values"] = new(1, FieldKind.Message, () => AnyValue) };

    private static readonly Dictionary<string, FieldSchema> MapValue = new() { ["values"] = new(1, FieldKind.Message, () => KeyValue) };

    private static readonly Dictionary<string, FieldSchema> Resource = new()
    {
        ["attributes"] = new(1, FieldKind.Message, () => KeyValue),
        ["droppedAttributesCount"] = new(2, FieldKind.Number),
    };

    private static readonly Dictionary<string, FieldSchema> Scope = new()
    {
        ["name"] = new(1, FieldKind.Text),
        ["version"] = new(2, FieldKind.Text),
        ["attributes"] = new(3, FieldKind.Message, () => KeyValue),
        ["droppedAttributesCount"] = new(4, FieldKind.Number),
    };

    private static readonly Dictionary<string, FieldSchema> Event = new()
    {
        ["timeUnixNano"] = new(1, FieldKind.Fixed64),
        ["name"] = new(2, FieldKind.Text),
        ["attributes"] = new(3, FieldKind.Message, () => KeyValue),
        ["droppedAttributesCount"] = new(4, FieldKind.Number),
    };

    private static readonly Dictionary<string, FieldSchema> Link = new()
    {
        ["traceId"] = new(1, FieldKind.Hex),
        ["spanId"] = new(2, FieldKind.Hex),
        ["traceState"] = new(3, FieldKind.Text),
        ["attributes"] = new(4, FieldKind.Message, () => KeyValue),
        ["droppedAttributesCount"] = new(5, FieldKind.Number),
        ["flags"] = new(6, FieldKind.Fixed32),
    };

    private static readonly Dictionary<string, FieldSchema> Status = new()
    {
        ["message"] = new(2, FieldKind.Text),
        ["code"] = new(3, FieldKind.Number),
    };

    private static readonly Dictionary<string, FieldSchema> Span = new()
    {
        ["traceId"] = new(1, FieldKind.Hex),
        ["spanId"] = new(2, FieldKind.Hex),
        ["traceState"] = new(3, FieldKind.Text),
        ["parentSpanId"] = new(4, FieldKind.Hex),
        ["name"] = new(5, FieldKind.Text),
        ["kind"] = new(6, FieldKind.Number),
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

    private static readonly Dictionary<string, FieldSchema> ScopeSpans = new()
    {
        ["scope"] = new(1, FieldKind.Message, () => Scope),
        ["spans"] = new(2, FieldKind.Message, () => Span),
        ["schemaUrl"] = new(3, FieldKind.Text),
    };

    private static readonly Dictionary<string, FieldSchema> ResourceSpans = new()
    {
        ["resource"] = new(1, FieldKind.Message, () => Resource),
        ["scopeSpans"] = new(2, FieldKind.Message, () => ScopeSpans),
        ["schemaUrl"] = new(3, FieldKind.Text),
    };

    public static IReadOnlyDictionary<string, FieldSchema> Request { get; } = new Dictionary<string, FieldSchema>
    {
        ["resourceSpans"] = new(1, FieldKind.Message, () => ResourceSpans),
    };
}
