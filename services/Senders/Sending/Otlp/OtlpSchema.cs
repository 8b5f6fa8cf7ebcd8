namespace Partner.Sending.Otlp;

/// <summary>
/// The messages that all signals of OTLP have in common: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding.
/// </summary>
public static class OtlpSchema
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

    public static readonly MessageSchema KeyValue = new()
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
}
