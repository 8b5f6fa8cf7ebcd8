namespace Partner.Logs.Otlp;

/// <summary>The messages of OTLP logs (logs/v1), and how many of a request are taken.</summary>
internal static class LogSchema
{
    /// <summary>Logs of a request, and resources and scopes; bounds of ours, far above what SDKs send at once (512).</summary>
    private const int MaxRecords = 100_000,
        MaxContainers = 20_000;

    private static readonly string[] Levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

    public static readonly MessageSchema Record = new()
    {
        ["timeUnixNano"] = new(LogFields.Time, FieldKind.Fixed64),
        ["severityNumber"] = new(LogFields.SeverityNumber, FieldKind.Number)
        {
            Names =
            [
                "SEVERITY_NUMBER_UNSPECIFIED",
                .. Levels.SelectMany(level =>
                    new[] { "", "2", "3", "4" }.Select(step => $"SEVERITY_NUMBER_{level}{step}")
                ),
            ],
        },
        ["severityText"] = new(LogFields.SeverityText, FieldKind.Text),
        ["body"] = new(LogFields.Body, FieldKind.Message, () => OtlpSchema.AnyValue),
        ["attributes"] = new(LogFields.Attributes, FieldKind.Message, () => OtlpSchema.KeyValue),
        ["droppedAttributesCount"] = new(7, FieldKind.Number),
        ["flags"] = new(8, FieldKind.Fixed32),
        ["traceId"] = new(LogFields.TraceId, FieldKind.Hex),
        ["spanId"] = new(LogFields.SpanId, FieldKind.Hex),
        ["observedTimeUnixNano"] = new(LogFields.ObservedTime, FieldKind.Fixed64),
        ["eventName"] = new(LogFields.EventName, FieldKind.Text),
    };

    private static readonly MessageSchema ScopeLogs = new()
    {
        ["scope"] = new(OtlpFields.Scope.Itself, FieldKind.Message, () => OtlpSchema.Scope),
        ["logRecords"] = new(OtlpFields.Scope.Items, FieldKind.Message, () => Record),
        ["schemaUrl"] = new(3, FieldKind.Text),
    };

    private static readonly MessageSchema ResourceLogs = new()
    {
        ["resource"] = new(OtlpFields.Resource.Itself, FieldKind.Message, () => OtlpSchema.Resource),
        ["scopeLogs"] = new(OtlpFields.Resource.Scopes, FieldKind.Message, () => ScopeLogs),
        ["schemaUrl"] = new(3, FieldKind.Text),
    };

    public static readonly RequestSchema Request = new(
        new() { ["resourceLogs"] = new(OtlpFields.Resources, FieldKind.Message, () => ResourceLogs) },
        new("log records", MaxRecords, Record) { IsItem = true },
        new("resources and scopes", MaxContainers, ScopeLogs, ResourceLogs)
    );
}

/// <summary>Field numbers of a LogRecord.</summary>
internal static class LogFields
{
    public const int Time = 1,
        SeverityNumber = 2,
        SeverityText = 3,
        Body = 5,
        Attributes = 6,
        TraceId = 9,
        SpanId = 10,
        ObservedTime = 11,
        EventName = 12;
}
