namespace Partner.Traces.Otlp;

/// <summary>The messages of OTLP traces (trace/v1), and how many of a request are taken.</summary>
internal static class TraceSchema
{
    private static readonly MessageSchema Event = new()
    {
        ["timeUnixNano"] = new(1, FieldKind.Fixed64),
        ["name"] = new(2, FieldKind.Text),
        ["attributes"] = new(3, FieldKind.Message, () => OtlpSchema.KeyValue),
        ["droppedAttributesCount"] = new(4, FieldKind.Number),
    };

    private static readonly MessageSchema Link = new()
    {
        ["traceId"] = new(1, FieldKind.Hex),
        ["spanId"] = new(2, FieldKind.Hex),
        ["traceState"] = new(3, FieldKind.Text),
        ["attributes"] = new(4, FieldKind.Message, () => OtlpSchema.KeyValue),
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
        ["attributes"] = new(9, FieldKind.Message, () => OtlpSchema.KeyValue),
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
        ["scope"] = new(1, FieldKind.Message, () => OtlpSchema.Scope),
        ["spans"] = new(2, FieldKind.Message, () => Span),
        ["schemaUrl"] = new(3, FieldKind.Text),
    };

    public static readonly MessageSchema ResourceSpans = new()
    {
        ["resource"] = new(1, FieldKind.Message, () => OtlpSchema.Resource),
        ["scopeSpans"] = new(2, FieldKind.Message, () => ScopeSpans),
        ["schemaUrl"] = new(3, FieldKind.Text),
    };

    public static readonly RequestSchema Request = new(
        new() { ["resourceSpans"] = new(1, FieldKind.Message, () => ResourceSpans) },
        new("spans", TracesSender.MaxRequestSpans, Span) { IsItem = true },
        new("resources and scopes", TracesSender.MaxRequestItems, ScopeSpans, ResourceSpans)
    )
    {
        // Without ids, as it then is, it is refused as a span.
        KeepsOddItems = true,
    };
}
